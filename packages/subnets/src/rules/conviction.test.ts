import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ConvictionMove, convictionAccount, playConviction } from '../testing/conviction-moves.ts'
import { ConvictionBook, convictionRules, countedOf, freeOf, massOf } from './conviction.ts'

const unit = 10n ** 18n
const day = 86_400
const [founder, holder, rival] = [convictionAccount(1), convictionAccount(2), convictionAccount(3)]
const facts = { owner: founder, supply: 1_000n * unit, genesisSeconds: 0 }
const year = convictionRules.minimumAgeSeconds
const refused = expect.objectContaining({ code: 'subnets/refused-lock' })

// specs/vectors/conviction.json: moves, and what stands after each; the Solidity tests play the same.
type Columns = Readonly<Record<string, readonly string[]>>
const { scenarios } = JSON.parse(
  readFileSync(new URL('../../../../specs/vectors/conviction.json', import.meta.url), 'utf8'),
) as {
  scenarios: readonly {
    readonly label: string
    readonly supply: string
    readonly moves: Columns
    readonly after: Columns
  }[]
}

describe('specs/vectors/conviction.json', () => {
  it.each(scenarios)('$label', ({ supply, moves, after }) => {
    const played = playConviction(
      (moves['kind'] as readonly string[]).map((kind, index) => ({
        kind: kind as ConvictionMove['kind'],
        seconds: Number(moves['seconds']?.[index]),
        who: Number(moves['who']?.[index]),
        candidate: Number(moves['candidate']?.[index]),
        amount: BigInt(moves['amount']?.[index] as string),
      })),
      BigInt(supply),
    )
    for (const [name, column] of Object.entries(after))
      expect({ [name]: played.map((row) => `${row[name as keyof typeof row]}`) }).toEqual({ [name]: column })
  })
})

describe('a lock', () => {
  it('counts for nothing in its first second, for half after 90 days, and comes back by halves', () => {
    const book = new ConvictionBook()
    book.lock(holder, rival, 100n * unit, facts, 0)
    expect(countedOf(book.tallyAt(rival, 0))).toBe(0n)
    expect(Number(countedOf(book.tallyAt(rival, 90 * day))) / 1e18).toBeCloseTo(50, 2)
    expect(() => book.withdraw(holder, rival, 'lives', 90 * day)).toThrow(refused)
    book.unlock(holder, rival, 100n * unit, 90 * day)
    expect(Number(freeOf(book.lockAt(holder, rival, 180 * day))) / 1e18).toBeCloseTo(50, 2)
    expect(Number(freeOf(book.lockAt(holder, rival, 270 * day))) / 1e18).toBeCloseTo(75, 2)
    const end = 90 * day + convictionRules.releaseSeconds
    expect(book.withdraw(holder, rival, 'lives', end)).toBe(100n * unit)
    expect(book.held).toBe(0n)
    expect(massOf(book.tallyAt(rival, end))).toBeLessThanOrEqual(1n)
  })

  it('is paid whole once its subnet is dissolved', () => {
    const book = new ConvictionBook()
    book.lock(holder, rival, 5n * unit, facts, 0)
    expect(book.withdraw(holder, rival, 'dissolved', 1)).toBe(5n * unit)
    expect(() => book.withdraw(holder, rival, 'dissolved', 2)).toThrow(refused)
  })

  it('never gives more than was locked, and never counts for more than is locked', () => {
    const move = fc.record({
      kind: fc.constantFrom<ConvictionMove['kind'][]>('lock', 'unlock', 'withdraw', 'contest', 'end', 'take'),
      seconds: fc.integer({ min: 0, max: 400 * day }),
      who: fc.integer({ min: 1, max: 3 }),
      candidate: fc.integer({ min: 1, max: 3 }),
      amount: fc.bigInt({ min: 0n, max: 500n * unit }),
    })
    fc.assert(
      fc.property(fc.array(move, { maxLength: 30 }), (moves) => {
        const balances = new Map<string, bigint>()
        const after = playConviction(moves, 1_000n * unit)
        for (const [index, { kind, who, candidate, amount }] of moves.entries()) {
          const { done, kept, conviction, leaving, free } = after[index] as (typeof after)[number]
          const key = `${who}/${candidate}`
          const before = balances.get(key) ?? 0n
          const now = before + (kind === 'lock' && done > 0n ? amount : kind === 'withdraw' ? -done : 0n)
          balances.set(key, now)
          expect(kept + leaving + free).toBe(now)
          expect(conviction).toBeLessThanOrEqual(kept)
        }
      }),
      { numRuns: 200 },
    )
  })
})

describe('a contest', () => {
  const contested = (): ConvictionBook => {
    const book = new ConvictionBook()
    book.lock(founder, founder, 150n * unit, facts, 0)
    book.lock(holder, rival, 400n * unit, facts, 0)
    book.openContest(rival, facts, year)
    return book
  }

  it('needs a year, the lead over the owner, and a tenth of all alpha', () => {
    const book = new ConvictionBook()
    book.lock(holder, rival, 400n * unit, facts, 0)
    expect(() => book.openContest(rival, facts, year - 1)).toThrow(/too young/)
    expect(() => book.openContest(founder, facts, year)).toThrow(/lead/)
    expect(() => book.openContest(rival, { ...facts, supply: 4_000n * unit }, year)).toThrow(/lead/)
    book.lock(founder, founder, 400n * unit, facts, year)
    expect(() => book.openContest(rival, facts, year)).toThrow(/lead/)
    expect(book.openContest(rival, { ...facts, owner: holder }, year)).toBeUndefined()
  })

  it('gives the owner a notice in which it keeps the subnet by locking as much', () => {
    const book = contested()
    expect(() => book.takeOver(rival, facts, year + 30 * day - 1)).toThrow(/notice/)
    expect(() => book.endContest(facts, year + day)).toThrow(/stands/)
    book.lock(founder, founder, 300n * unit, facts, year + 30 * day - 1)
    expect(book.contest).toBeUndefined()
    expect(() => book.takeOver(rival, facts, year + 30 * day)).toThrow(refused)
  })

  it('passes the subnet to its candidate only, in its time only', () => {
    const book = contested()
    expect(() => book.takeOver(holder, facts, year + 30 * day)).toThrow(refused)
    expect(() => book.takeOver(rival, facts, year + 44 * day + 1)).toThrow(/void/)
    book.takeOver(rival, facts, year + 44 * day)
    expect(book.contest).toBeUndefined()
  })

  it('gives way to who has more only', () => {
    const book = contested()
    const other = convictionAccount(4)
    book.lock(holder, other, 350n * unit, facts, year)
    expect(() => book.openContest(other, facts, year + 20 * day)).toThrow(refused)
    book.lock(holder, other, 5_000n * unit, facts, year)
    expect(book.openContest(other, { ...facts, supply: 2_000n * unit }, year + 25 * day)).toBe(rival)
    expect(book.contest).toEqual({ candidate: other, endsAtSeconds: year + 55 * day })
  })
})
