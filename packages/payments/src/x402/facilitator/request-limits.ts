import { type Clock, KoinonError } from '@koinon/base'
import { ipNetworkOf, isLoopbackHost } from '@koinon/base/node'

const windowMs = 60_000
const keptNetworks = 10_000

/** Counts requests of an address (IPv6: its first 64 bits) in windows of a minute; this machine's own are free. */
export class RequestLimits {
  readonly #clock: Clock
  readonly #perMinute: number
  #counts = new Map<string, number>()
  #windowEndsMs = 0

  constructor(clock: Clock, perMinute: number) {
    this.#clock = clock
    this.#perMinute = perMinute
  }

  /** Throws `payments/rate-limited` (429). */
  take(address: string | undefined): void {
    if (address !== undefined && (address === '::1' || isLoopbackHost(ipNetworkOf(address)))) return
    const nowMs = this.#clock.nowMs()
    if (nowMs >= this.#windowEndsMs || this.#counts.size > keptNetworks) {
      this.#counts = new Map()
      this.#windowEndsMs = nowMs + windowMs
    }
    const network = ipNetworkOf(address ?? 'unknown')
    const count = (this.#counts.get(network) ?? 0) + 1
    this.#counts.set(network, count)
    if (count > this.#perMinute) throw tooOften(Math.ceil((this.#windowEndsMs - nowMs) / 1000))
  }
}

function tooOften(retryAfterSeconds: number): KoinonError {
  return new KoinonError({
    code: 'payments/rate-limited',
    message: 'This facilitator is asked too often from this address',
    hint: `Wait ${retryAfterSeconds} s and try again.`,
    retry: 'later',
    details: { status: 429, retryAfterSeconds },
  })
}
