import type { KeptStorage } from '../src/receipts/receipt-shelf.ts'

/** Browser storage in memory; throws as a full one does past `quotaCharacters`. */
export class MemoryStorage implements KeptStorage {
  readonly #items: Map<string, string>
  readonly #quotaCharacters: number

  constructor(items: Readonly<Record<string, string>> = {}, quotaCharacters = Number.POSITIVE_INFINITY) {
    this.#items = new Map(Object.entries(items))
    this.#quotaCharacters = quotaCharacters
  }

  getItem(key: string): string | null {
    return this.#items.get(key) ?? null
  }

  setItem(key: string, value: string): void {
    if (value.length > this.#quotaCharacters) throw new DOMException('full', 'QuotaExceededError')
    this.#items.set(key, value)
  }

  removeItem(key: string): void {
    this.#items.delete(key)
  }
}
