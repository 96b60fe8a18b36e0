import { type Hex, merkleRoot, zeroHash } from '@koinon/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkCommitted,
  checkWorkList,
  maximumPageItems,
  maximumWorkItems,
  parseWorkPage,
  workCommitmentOf,
  workPage,
} from './work-list.ts'

const item = (index: number) => ({
  receiptHash: `0x${index.toString(16).padStart(64, '0')}` as Hex,
  requestId: `0x${index.toString(16).padStart(32, '0')}` as Hex,
})
const items = (count: number) => Array.from({ length: count }, (_, index) => item(index))

describe('workCommitmentOf', () => {
  it('is root and count of the receipt hashes in order', () => {
    expect(workCommitmentOf(items(3))).toEqual({
      root: merkleRoot(items(3).map(({ receiptHash }) => receiptHash)),
      count: 3,
    })
    expect(workCommitmentOf([])).toEqual({ root: zeroHash, count: 0 })
  })

  it('refuses more than an epoch may hold', () => {
    expect(() => workCommitmentOf(Array(maximumWorkItems + 1).fill(item(1)))).toThrow(/at most/)
  })
})

describe('checkWorkList', () => {
  it('passes the committed list and fails any other', () => {
    const commitment = workCommitmentOf(items(5))
    expect(checkWorkList(items(5), commitment).state).toBe('pass')
    const others = [items(4), items(6), [...items(5)].reverse(), [...items(4), item(9)], []]
    for (const other of others) expect(checkWorkList(other, commitment).state).toBe('fail')
    expect(checkWorkList(items(5), { ...commitment, count: 4 }).state).toBe('fail')
  })

  it('fails a list that names a receipt twice, although that very list was committed', () => {
    const repeated = [...items(5), item(3)]
    const check = checkWorkList(repeated, workCommitmentOf(repeated))
    expect(check).toMatchObject({ name: 'list', state: 'fail', detail: '1 of the 6 listed receipts are repetitions' })
  })
})

describe('workPage and parseWorkPage', () => {
  it('put any list together again from its pages', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.integer({ min: 1, max: 15 }), (count, limit) => {
        const all = items(count)
        const found: ReturnType<typeof items> = []
        while (found.length < count) {
          const page = workPage(all, { netuid: 1, epoch: 2, offset: found.length, limit })
          const parsed = parseWorkPage(JSON.parse(JSON.stringify(page)))
          expect(parsed.count).toBe(count)
          found.push(...parsed.receipts)
        }
        expect(found).toEqual(all)
      }),
    )
  })

  it('never give more than a page', () => {
    expect(
      workPage(items(maximumPageItems + 5), { netuid: 1, epoch: 1, offset: 0, limit: 10 ** 8 }).receipts,
    ).toHaveLength(maximumPageItems)
    expect(workPage(items(3), { netuid: 1, epoch: 1, offset: 7, limit: 5 }).receipts).toEqual([])
  })

  it('refuse what a hostile miner may send', () => {
    const good = { count: 1, receipts: [item(1)] }
    const bad: unknown[] = [
      { ...good, count: -1 },
      { ...good, count: maximumWorkItems + 1 },
      { ...good, receipts: {} },
      { ...good, receipts: [null] },
      { ...good, receipts: [{ ...item(1), receiptHash: '0x1' }] },
      { ...good, receipts: [{ ...item(1), requestId: `0x${'A'.repeat(32)}` }] },
      { ...good, receipts: Array(maximumPageItems + 1).fill(item(1)) },
    ]
    for (const json of bad) expect(() => parseWorkPage(json)).toThrow(/malformed/)
    fc.assert(
      fc.property(fc.anything(), (json) => {
        expect(() => parseWorkPage(json)).toThrow(/malformed/)
      }),
    )
  })
})

describe('checkCommitted', () => {
  const window = { startsAtSeconds: 100, endsAtSeconds: 200 }
  const receipt = (endedAtMs: number) => ({ receiptHash: item(1).receiptHash, endedAtMs })

  it('asks for receipts of the epoch only, by the half-open window', () => {
    for (const at of [99_999, 200_000]) expect(checkCommitted(receipt(at), window, new Set())).toBeUndefined()
    for (const at of [100_000, 199_999]) expect(checkCommitted(receipt(at), window, new Set())?.state).toBe('fail')
    expect(checkCommitted(receipt(150_000), window, new Set([item(1).receiptHash]))?.state).toBe('pass')
  })
})
