import type { Address } from '@koinon/base'

const firstRestMs = 15_000

/**
 * How long providers that did not serve what they delivered are left alone: 15 s, twice as long after each further failure. Providers are
 * strangers and their jobs cost them next to nothing, so those that fail must not take the time of those that serve.
 */
export class ProviderPatience {
  readonly #failures = new Map<Address, number>()
  readonly #restsUntilMs = new Map<Address, number>()
  readonly #served = new Set<Address>()

  isResting(provider: Address, nowMs: number): boolean {
    const untilMs = this.#restsUntilMs.get(provider)
    if (untilMs !== undefined && untilMs > nowMs) return true
    this.#restsUntilMs.delete(provider)
    return false
  }

  /** Served before, and its answers made up for its failures. */
  isProven(provider: Address): boolean {
    return this.#served.has(provider) && !this.#failures.has(provider)
  }

  /** Makes up for half of the failures: one good answer among many that hang does not wipe them out. */
  served(provider: Address): void {
    this.#served.add(provider)
    const failures = Math.floor((this.#failures.get(provider) ?? 0) / 2)
    if (failures > 0) this.#failures.set(provider, failures)
    else this.#failures.delete(provider)
  }

  /** Failures of jobs that were looked at together count once. */
  failed(provider: Address, nowMs: number, longestRestMs: number): void {
    if (this.isResting(provider, nowMs)) return
    const failures = (this.#failures.get(provider) ?? 0) + 1
    this.#failures.set(provider, failures)
    this.#restsUntilMs.set(provider, nowMs + Math.min(firstRestMs * 2 ** (failures - 1), longestRestMs))
  }
}
