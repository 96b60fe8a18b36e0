import type { Hex } from '@koinon/base'

/** What a memory says of a nonce: never seen, seen and not expired, or no room to remember it. */
export type NonceState = 'fresh' | 'seen' | 'full'

export type NonceBounds = { readonly maximumPerSender: number; readonly maximum: number }

const defaultBounds: NonceBounds = { maximumPerSender: 20_000, maximum: 200_000 }

/**
 * Nonces of signed requests until they expire (specs/0004-node-requests.md). Bounded per sender, so that one sender cannot fill the
 * memory of the recipient, and in all, so that many cannot either. The default allows about 300 requests a second and sender.
 */
export class NonceMemory {
  readonly #bounds: NonceBounds
  readonly #bySender = new Map<Hex, Map<Hex, number>>()
  #size = 0

  constructor(bounds: Partial<NonceBounds> = {}) {
    this.#bounds = { ...defaultBounds, ...bounds }
  }

  /** Remembers a fresh nonce until `untilMs`. */
  use(sender: Hex, nonce: Hex, untilMs: number, nowMs: number): NonceState {
    if (this.#size >= this.#bounds.maximum) this.sweep(nowMs)
    if (this.#size >= this.#bounds.maximum) return 'full'
    const seen = this.#bySender.get(sender) ?? new Map<Hex, number>()
    const known = seen.get(nonce)
    if (known !== undefined && known > nowMs) return 'seen'
    if (seen.size >= this.#bounds.maximumPerSender) this.#forgetExpired(seen, nowMs)
    if (seen.size >= this.#bounds.maximumPerSender) return 'full'
    if (!seen.delete(nonce)) this.#size += 1
    seen.set(nonce, untilMs)
    this.#bySender.set(sender, seen)
    return 'fresh'
  }

  /** Whether it was used and has not expired. */
  has(sender: Hex, nonce: Hex, nowMs: number): boolean {
    return (this.#bySender.get(sender)?.get(nonce) ?? Number.NEGATIVE_INFINITY) > nowMs
  }

  /** Drops what has expired; called now and then by the owner. */
  sweep(nowMs: number): void {
    for (const [sender, seen] of this.#bySender) {
      this.#forgetExpired(seen, nowMs)
      if (seen.size === 0) this.#bySender.delete(sender)
    }
  }

  get size(): number {
    return this.#size
  }

  #forgetExpired(seen: Map<Hex, number>, nowMs: number): void {
    for (const [nonce, untilMs] of seen) if (untilMs <= nowMs && seen.delete(nonce)) this.#size -= 1
  }
}
