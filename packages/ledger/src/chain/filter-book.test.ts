import { describe, expect, it } from 'vitest'
import type { ChainEngine } from './evm-engine.ts'
import { FilterBook } from './filter-book.ts'

describe('FilterBook', () => {
  it('lets the least recently used filter go when there are too many', async () => {
    const { book, uninstalled } = setup(2)
    await book.opened('0x1', 10)
    await book.opened('0x2', 20)
    expect(book.used('0x1', 30)).toBe(true)
    await book.opened('0x3', 40)
    expect(uninstalled).toEqual(['0x2'])
    expect(book.size).toBe(2)
  })

  it('forgets closed filters and ignores unknown ones', async () => {
    const { book, uninstalled } = setup(1)
    await book.opened('0x1', 10)
    expect(book.used('0xdead', 11)).toBe(false)
    book.closed('0xdead')
    book.closed('0x1')
    await book.opened('0x2', 12)
    await book.opened(undefined, 13)
    expect([book.size, uninstalled.length]).toEqual([1, 0])
  })
})

function setup(maxFilters: number) {
  const uninstalled: unknown[] = []
  const engine = {
    request: async (method: string, params: readonly unknown[]) => {
      expect(method).toBe('eth_uninstallFilter')
      uninstalled.push(params[0])
      return true
    },
  } as unknown as ChainEngine
  return { book: new FilterBook(engine, maxFilters), uninstalled }
}
