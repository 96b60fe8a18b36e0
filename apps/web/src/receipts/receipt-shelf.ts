import type { Hex } from '@koinon/base'
import { summariseBundle } from './bundle-summary.ts'

/** A receipt that this browser got, with the hashes of the bytes it sent and received itself. No prompt, no answer. */
export type KeptReceipt = {
  readonly id: string
  readonly atMs: number
  readonly bundle: unknown
  readonly requestHash?: Hex
  readonly responseHash?: Hex
}

/** The part of `localStorage` that is used. */
export type KeptStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** At most this many receipts are kept; the oldest go first. */
export const maximumKeptReceipts = 200
/** And at most this many characters of JSON, well below the usual 5 MB of an origin. */
export const maximumKeptCharacters = 1_500_000

const storageKey = 'koinon.receipts.v1'

/** Receipts of this browser, newest first, in bounded storage. Works in memory where storage is forbidden or full. */
export class ReceiptShelf {
  readonly #storage: KeptStorage | undefined
  readonly #listeners = new Set<() => void>()
  #receipts: readonly KeptReceipt[]

  constructor(storage: KeptStorage | undefined) {
    this.#storage = storage
    this.#receipts = readKept(storage)
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly all = (): readonly KeptReceipt[] => this.#receipts

  find(id: string): KeptReceipt | undefined {
    return this.#receipts.find((receipt) => receipt.id === id)
  }

  keep(receipt: KeptReceipt): void {
    const others = this.#receipts.filter((kept) => kept.id !== receipt.id)
    this.#receipts = [receipt, ...others].slice(0, maximumKeptReceipts)
    this.#write()
  }

  clear(): void {
    this.#receipts = []
    this.#write()
  }

  #write(): void {
    let json = JSON.stringify(this.#receipts)
    while (json.length > maximumKeptCharacters && this.#receipts.length > 1) {
      this.#receipts = this.#receipts.slice(0, Math.ceil(this.#receipts.length / 2))
      json = JSON.stringify(this.#receipts)
    }
    try {
      if (json.length <= maximumKeptCharacters) this.#storage?.setItem(storageKey, json)
    } catch {
      // Full or forbidden storage: the receipts stay in memory until the page is closed.
    }
    for (const listener of this.#listeners) listener()
  }
}

function readKept(storage: KeptStorage | undefined): readonly KeptReceipt[] {
  try {
    const json: unknown = JSON.parse(storage?.getItem(storageKey) ?? '[]')
    return Array.isArray(json) ? json.filter(isKept).slice(0, maximumKeptReceipts) : []
  } catch {
    return []
  }
}

function isKept(value: unknown): value is KeptReceipt {
  const kept = value as Partial<KeptReceipt> | null
  return (
    typeof kept === 'object' &&
    kept !== null &&
    typeof kept.id === 'string' &&
    typeof kept.atMs === 'number' &&
    summariseBundle(kept.bundle) !== undefined
  )
}
