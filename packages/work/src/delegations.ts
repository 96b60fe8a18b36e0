import type { Hex } from '@koinon/base'
import { type SignedDelegation, verifyDelegation } from './session-delegation.ts'

/**
 * Delegations whose signature has been checked: recovering an account costs about a millisecond, a look-up none. Keyed by the
 * signature and every signed field; times are compared on each use. Oldest out first.
 */
export class DelegationMemory {
  readonly #maximum: number
  readonly #known = new Map<string, Hex>()

  constructor(options: { readonly maximum: number } = { maximum: 4_096 }) {
    this.#maximum = options.maximum
  }

  /** Like `verifyDelegation`. */
  holds(delegation: SignedDelegation, atMs: number): boolean {
    const { chainId, signer, sessionKey, validFrom, validUntil, signature } = delegation
    const key = `${chainId}:${signer}:${sessionKey}:${validFrom}:${validUntil}`
    if (this.#known.get(key) === signature) {
      const atSeconds = Math.floor(atMs / 1000)
      return atSeconds >= validFrom && atSeconds < validUntil
    }
    if (!verifyDelegation(delegation, atMs)) return false
    if (this.#known.size >= this.#maximum) this.#known.delete(this.#known.keys().next().value as string)
    this.#known.set(key, signature)
    return true
  }
}
