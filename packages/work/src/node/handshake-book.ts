import { KoinonError } from '@koinon/base'
import { ipNetworkOf } from '@koinon/base/node'

const windowMs = 60_000
// A sender needs one an hour; it tries again at most twice a minute when it is refused.
const defaultBounds = { perSender: 12, perAddress: 60, inAll: 1_200 }

/**
 * Handshakes of the present minute. Each costs the recipient two signature checks, a key and an exchange, so addresses are counted
 * before any of it and senders, who can be named by anybody, once they are proved. What is counted in all bounds the memory, too;
 * whoever finds no room signs each request meanwhile.
 */
export class HandshakeBook {
  readonly #bounds: typeof defaultBounds
  readonly #counts = new Map<string, number>()
  #begunAtMs = Number.NEGATIVE_INFINITY
  #admitted = 0

  constructor(bounds: Partial<typeof defaultBounds> = {}) {
    this.#bounds = { ...defaultBounds, ...bounds }
  }

  /** Counts an attempt from an IP address. Throws `request/busy`. */
  admitAddress(address: string | undefined, nowMs: number): void {
    if (nowMs < this.#begunAtMs || nowMs - this.#begunAtMs >= windowMs) this.#begin(nowMs)
    if (this.#admitted >= this.#bounds.inAll) throw busy('All together')
    this.#count(`address ${ipNetworkOf(address ?? 'unknown')}`, this.#bounds.perAddress, 'This address')
    this.#admitted += 1
  }

  /** Counts a proved sender. Throws `request/busy`. */
  admitSender(sender: string): void {
    this.#count(`sender ${sender}`, this.#bounds.perSender, 'This account')
  }

  /** Addresses and senders that are remembered. */
  get size(): number {
    return this.#counts.size
  }

  #begin(nowMs: number): void {
    this.#begunAtMs = nowMs
    this.#admitted = 0
    this.#counts.clear()
  }

  #count(who: string, most: number, subject: string): void {
    const count = this.#counts.get(who) ?? 0
    if (count >= most) throw busy(subject)
    this.#counts.set(who, count + 1)
  }
}

function busy(subject: string): KoinonError {
  return new KoinonError({
    code: 'request/busy',
    message: `${subject} asked for too many sessions in the last minute`,
    hint: 'Sign each request, and ask for a session later.',
    retry: 'later',
  })
}
