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
    return (this.#restsUntilMs.get(provider) ?? 0) > nowMs
  }

  /** Served before and did not fail since: these are asked first. */
  isProven(provider: Address): boolean {
    return this.#served.has(provider) && !this.#failures.has(provider)
  }

  served(provider: Address): void {
    this.#served.add(provider)
    this.#failures.delete(provider)
    this.#restsUntilMs.delete(provider)
  }

  failed(provider: Address, nowMs: number, longestRestMs: number): void {
    const failures = (this.#failures.get(provider) ?? 0) + 1
    this.#failures.set(provider, failures)
    this.#restsUntilMs.set(provider, nowMs + Math.min(firstRestMs * 2 ** (failures - 1), longestRestMs))
  }
}
