import { type Clock, KoinonError } from '@koinon/base'
import { ipNetworkOf, isLoopbackHost } from '@koinon/base/node'
import type { NamedSigner } from './facilitator-wire.ts'

const windowMs = 60_000
const keptNames = 10_000

/** Counts of names in windows of a minute. Where there are too many, one that was added least makes room, the oldest of those: never all. */
class MinuteCounts {
  readonly #clock: Clock
  readonly #perMinute: number
  readonly #whose: string
  readonly #counts = new Map<string, number>()
  #windowEndsMs = 0

  constructor(clock: Clock, perMinute: number, whose: string) {
    this.#clock = clock
    this.#perMinute = perMinute
    this.#whose = whose
  }

  add(name: string): void {
    if (this.#clock.nowMs() >= this.#windowEndsMs) {
      this.#counts.clear()
      this.#windowEndsMs = this.#clock.nowMs() + windowMs
    }
    const count = this.#counts.get(name) ?? 0
    if (count === 0 && this.#counts.size >= keptNames) this.#forgetOne()
    this.#counts.set(name, count + 1)
  }

  #forgetOne(): void {
    let least = { name: '', count: Number.POSITIVE_INFINITY }
    for (const [name, count] of this.#counts) {
      if (count < least.count) least = { name, count }
      if (count === 1) break
    }
    this.#counts.delete(least.name)
  }

  /** Whether the name was added in this minute. */
  has(name: string): boolean {
    return this.#clock.nowMs() < this.#windowEndsMs && this.#counts.has(name)
  }

  /** Throws `payments/rate-limited` (429) where the name was added more often than `perMinute`, less `ahead`. */
  check(name: string, ahead = 0): void {
    const nowMs = this.#clock.nowMs()
    const count = nowMs >= this.#windowEndsMs ? 0 : (this.#counts.get(name) ?? 0)
    if (count + ahead > this.#perMinute) throw tooOften(this.#whose, Math.ceil((this.#windowEndsMs - nowMs) / 1000))
  }
}

/** Counts requests of an address (IPv6: its first 64 bits); this machine's own are free. */
export class RequestLimits {
  readonly #counts: MinuteCounts

  constructor(clock: Clock, perMinute: number) {
    this.#counts = new MinuteCounts(clock, perMinute, 'from this address')
  }

  /** Throws `payments/rate-limited` (429). */
  take(address: string | undefined): void {
    if (address !== undefined && (address === '::1' || isLoopbackHost(ipNetworkOf(address)))) return
    const network = ipNetworkOf(address ?? 'unknown')
    this.#counts.add(network)
    this.#counts.check(network)
  }
}

/**
 * Counts payments of a payer whose signature held, from whatever address they came. Who only writes another's name into a payment uses up nothing
 * of it; nor does a seller that shows again what it was paid with: the same signature counts once for its payer, and then for itself.
 */
export class PayerLimits {
  readonly #payers: MinuteCounts
  readonly #signatures: MinuteCounts

  constructor(clock: Clock, perMinute: number) {
    this.#payers = new MinuteCounts(clock, perMinute, 'about payments of this payer')
    this.#signatures = new MinuteCounts(clock, perMinute, 'about this payment')
  }

  /** Throws `payments/rate-limited` (429) where the payer that a payment names, or its signature, has had its part of this minute. */
  check(signer: NamedSigner | undefined): void {
    if (signer === undefined) return
    this.#signatures.check(signer.signature, 1)
    if (!this.#signatures.has(signer.signature)) this.#payers.check(signer.account, 1)
  }

  /** The payer signed. */
  note(signer: NamedSigner | undefined): void {
    if (signer === undefined) return
    if (!this.#signatures.has(signer.signature)) this.#payers.add(signer.account)
    this.#signatures.add(signer.signature)
  }
}

function tooOften(whose: string, retryAfterSeconds: number): KoinonError {
  return new KoinonError({
    code: 'payments/rate-limited',
    message: `This facilitator is asked too often ${whose}`,
    hint: `Wait ${retryAfterSeconds} s and try again.`,
    retry: 'later',
    details: { status: 429, retryAfterSeconds },
  })
}
