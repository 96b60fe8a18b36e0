import { type Clock, KoinonError } from '@koinon/base'
import { ipNetworkOf, isLoopbackHost } from '@koinon/base/node'

const windowMs = 60_000
const keptNames = 10_000

/** Counts of names in windows of a minute. */
class MinuteCounts {
  readonly #clock: Clock
  readonly #perMinute: number
  readonly #whose: string
  #counts = new Map<string, number>()
  #windowEndsMs = 0

  constructor(clock: Clock, perMinute: number, whose: string) {
    this.#clock = clock
    this.#perMinute = perMinute
    this.#whose = whose
  }

  add(name: string): void {
    if (this.#clock.nowMs() >= this.#windowEndsMs || this.#counts.size > keptNames) {
      this.#counts = new Map()
      this.#windowEndsMs = this.#clock.nowMs() + windowMs
    }
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
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
 * of it.
 */
export class PayerLimits {
  readonly #counts: MinuteCounts

  constructor(clock: Clock, perMinute: number) {
    this.#counts = new MinuteCounts(clock, perMinute, 'about payments of this payer')
  }

  /** Throws `payments/rate-limited` (429) where the payer that a payment names has had its part of this minute. */
  check(payer: string | undefined): void {
    if (payer !== undefined) this.#counts.check(payer.toLowerCase(), 1)
  }

  /** The payer signed. */
  note(payer: string | undefined): void {
    if (payer !== undefined) this.#counts.add(payer.toLowerCase())
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
