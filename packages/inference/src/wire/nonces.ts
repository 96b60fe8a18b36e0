import type { Hex } from '@koinon/base'

/**
 * Nonces of signed requests until they expire (specs/0004-node-requests.md). Bounded per sender, so that one sender cannot fill the
 * memory of the recipient; a sender above the bound is told that its request was seen, which makes it slow down.
 */
export class NonceMemory {
  readonly #maximumPerSender: number
  readonly #bySender = new Map<Hex, Map<Hex, number>>()

  /** The default allows about 300 requests a second and sender. */
  constructor(options: { readonly maximumPerSender: number } = { maximumPerSender: 20_000 }) {
    this.#maximumPerSender = options.maximumPerSender
  }

  /** Remembers a nonce until `untilMs`; false when it is known already or the sender is over its bound. */
  use(sender: Hex, nonce: Hex, untilMs: number, nowMs: number): boolean {
    const seen = this.#bySender.get(sender) ?? new Map<Hex, number>()
    const known = seen.get(nonce)
    if (known !== undefined && known > nowMs) return false
    if (seen.size >= this.#maximumPerSender) forgetExpired(seen, nowMs)
    if (seen.size >= this.#maximumPerSender) return false
    seen.delete(nonce)
    seen.set(nonce, untilMs)
    this.#bySender.set(sender, seen)
    return true
  }

  /** Drops what has expired; called now and then by the owner. */
  sweep(nowMs: number): void {
    for (const [sender, seen] of this.#bySender) {
      forgetExpired(seen, nowMs)
      if (seen.size === 0) this.#bySender.delete(sender)
    }
  }

  get size(): number {
    let size = 0
    for (const seen of this.#bySender.values()) size += seen.size
    return size
  }
}

function forgetExpired(seen: Map<Hex, number>, nowMs: number): void {
  for (const [nonce, untilMs] of seen) if (untilMs <= nowMs) seen.delete(nonce)
}
