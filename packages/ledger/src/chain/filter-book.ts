import type { ChainEngine } from './evm-engine.ts'

type Filter = { readonly id: string; lastUsedMs: number }

/** Keeps the number of filters that clients left behind in the engine bounded: the least recently used one goes. */
export class FilterBook {
  readonly #engine: ChainEngine
  readonly #maxFilters: number
  readonly #filters = new Map<string, Filter>()

  constructor(engine: ChainEngine, maxFilters: number) {
    this.#engine = engine
    this.#maxFilters = maxFilters
  }

  get size(): number {
    return this.#filters.size
  }

  /** Notes a filter that the engine has just made. */
  async opened(id: unknown, nowMs: number): Promise<void> {
    if (typeof id !== 'string') return
    this.#filters.set(id, { id, lastUsedMs: nowMs })
    if (this.#filters.size <= this.#maxFilters) return
    const oldest = [...this.#filters.values()].reduce((a, b) => (b.lastUsedMs < a.lastUsedMs ? b : a))
    this.#filters.delete(oldest.id)
    await this.#engine.request('eth_uninstallFilter', [oldest.id])
  }

  /** False for a filter that is not there (any more). */
  used(id: unknown, nowMs: number): boolean {
    const filter = this.#filters.get(String(id))
    if (filter === undefined) return false
    filter.lastUsedMs = nowMs
    return true
  }

  closed(id: unknown): void {
    this.#filters.delete(String(id))
  }
}
