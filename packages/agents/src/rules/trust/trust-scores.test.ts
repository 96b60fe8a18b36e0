import { type Address, bytesToHex, sha256, utf8ToBytes } from '@koinon/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { influenceOf } from './influence.ts'
import { midmean } from './midmean.ts'
import { moneyGraph } from './money-graph.ts'
import { defaultTrustParameters, type SettledPayment, type TrustInput, wholeInfluence } from './trust-input.ts'
import { trustScores } from './trust-scores.ts'

const at = (name: string): Address => bytesToHex(sha256(utf8ToBytes(name)).subarray(0, 20)) as Address
const pay = (payer: string, payee: string, cents: number): SettledPayment => ({
  payer: at(payer),
  payee: at(payee),
  amountAtomic: BigInt(cents) * 10_000n,
})
const agent = (agentId: string, wallet: string) => ({ agentId, wallet: at(wallet), owner: at(`${wallet} owner`) })
const rate = (reviewer: string, agentId: string, valueMicro: number) => ({
  reviewer: at(reviewer),
  agentId,
  valueMicro,
})

/** A reader that bought from A, where Ann bought too; Ann also bought from B. Fay paid her own agent F. */
const market: TrustInput = {
  agents: [agent('0', 'A'), agent('1', 'B'), agent('2', 'F')],
  payments: [pay('reader', 'A', 50), pay('Ann', 'A', 50), pay('Ann', 'B', 50), pay('Fay', 'F', 5_000)],
  fundings: [],
  ratings: [
    rate('reader', '0', 900_000),
    rate('Ann', '0', 800_000),
    rate('Ann', '1', 700_000),
    rate('Fay', '2', 1_000_000),
    rate('Fay', '0', 0),
  ],
  seeds: [{ account: at('reader'), weight: 1n }],
}
const scoreOf = (input: TrustInput, agentId: string) => {
  const found = trustScores(input).find((score) => score.agentId === agentId)
  if (found === undefined) throw new Error('no such agent')
  return found
}

describe('trustScores', () => {
  it('counts whom the money of the reader leads to, and says why others do not count', () => {
    const a = scoreOf(market, '0')
    expect(a.counted.map(({ reviewer }) => reviewer)).toEqual([at('reader'), at('Ann')])
    expect(a.scoreMicro).toBeGreaterThan(800_000)
    expect(a.leftOut).toMatchObject([{ reviewer: at('Fay'), reason: 'noPayment' }])
    expect(scoreOf(market, '1')).toMatchObject({ counted: [{ reviewer: at('Ann') }] })
    expect(scoreOf(market, '2')).toMatchObject({
      scoreMicro: 500_000,
      weight: 0n,
      leftOut: [{ reason: 'noInfluence', paidAtomic: 50_000_000n }],
    })
  })

  it('leaves out ratings of owners, of less than a cent, of money that came back, and values that are none', () => {
    const input: TrustInput = {
      ...market,
      payments: [
        ...market.payments,
        pay('A owner', 'A', 9),
        { ...pay('Bob', 'A', 1), amountAtomic: 9_999n },
        pay('Cid', 'A', 9),
        pay('Dan', 'A', 9),
        pay('Eve', 'A', 9),
      ],
      fundings: [
        { from: at('A owner'), to: at('Cid'), amountAtomic: 90_000n },
        { from: at('A'), to: at('errand'), amountAtomic: 85_000n },
        { from: at('errand'), to: at('Dan'), amountAtomic: 85_000n },
      ],
      ratings: [
        ...['A owner', 'Bob', 'Cid', 'Dan'].map((name) => rate(name, '0', 1_000_000)),
        rate('Eve', '0', Number.NaN),
      ],
    }
    const reasons = new Map(scoreOf(input, '0').leftOut.map(({ reviewer, reason }) => [reviewer, reason]))
    expect(reasons.get(at('A owner'))).toBe('ownAgent')
    expect(reasons.get(at('Bob'))).toBe('belowMinimum')
    expect(reasons.get(at('Cid'))).toBe('returned')
    expect(reasons.get(at('Dan'))).toBe('returned')
    expect(reasons.get(at('Eve'))).toBe('badValue')
  })

  it('links nobody through an account that has its money from many', () => {
    const exchange = {
      ...market,
      fundings: [
        { from: at('A'), to: at('exchange'), amountAtomic: 400_000n },
        { from: at('rest of the world'), to: at('exchange'), amountAtomic: 10n ** 9n },
        { from: at('exchange'), to: at('Ann'), amountAtomic: 400_000n },
      ],
    }
    expect(trustScores(exchange)).toEqual(trustScores(market))
  })

  it('does not follow the money of a reader to a seller that the reader found bad', () => {
    const burnt = { ...market, ratings: market.ratings.map((item) => ({ ...item, valueMicro: 100_000 })) }
    expect(scoreOf(burnt, '1').counted).toEqual([])
    expect(scoreOf(burnt, '0').counted).toMatchObject([{ reviewer: at('reader'), weight: wholeInfluence }])
  })

  it('does not depend on the order of what it is given', () => {
    const turned = Object.fromEntries(
      Object.entries(market).map(([key, list]) => [key, [...list].reverse()]),
    ) as unknown as TrustInput
    expect(trustScores(turned)).toEqual(trustScores(market))
  })

  it('is neutral of everybody where nobody is believed', () => {
    for (const score of trustScores({ ...market, seeds: [] }))
      expect(score).toMatchObject({ scoreMicro: 500_000, rank: 1 })
  })
})

describe('properties of influence', () => {
  const names = ['reader', 'a', 'b', 'c', 'd', 'S', 'T', 'U'] as const
  const payments = fc.array(
    fc.record({
      payer: fc.constantFrom(...names),
      payee: fc.constantFrom(...names),
      cents: fc.integer({ min: 0, max: 1_000 }),
    }),
    { maxLength: 40 },
  )
  const influence = (list: readonly SettledPayment[], rounds = 3) =>
    influenceOf(
      moneyGraph({ payments: list, fundings: [], agents: [] }, defaultTrustParameters.minimumPaidAtomic),
      [{ account: at('reader'), weight: 5n }],
      rounds,
      () => false,
    )
  const sum = (values: Iterable<bigint>) => [...values].reduce((total, value) => total + value, 0n)

  it('never gives out more than the whole, and loses next to nothing', () => {
    fc.assert(
      fc.property(payments, fc.integer({ min: 1, max: 8 }), (list, rounds) => {
        const total = sum(
          influence(
            list.map(({ payer, payee, cents }) => pay(payer, payee, cents)),
            rounds,
          ).values(),
        )
        expect(total <= wholeInfluence && total > wholeInfluence - 10_000n).toBe(true)
      }),
    )
  })

  it('gives a farm no more for many accounts than for one', () => {
    fc.assert(
      fc.property(payments, fc.integer({ min: 2, max: 30 }), fc.integer({ min: 1, max: 50 }), (list, parts, each) => {
        const honest = list.map(({ payer, payee, cents }) => pay(payer, payee, cents))
        const one = influence([...honest, pay('farm 0', 'S', parts * each)])
        const fakes = Array.from({ length: parts }, (_, index) => `farm ${index}`)
        const many = influence([...honest, ...fakes.map((fake) => pay(fake, 'S', each))])
        const ofMany = sum(fakes.map((fake) => many.get(at(fake)) ?? 0n))
        expect(ofMany <= (one.get(at('farm 0')) ?? 0n) + 10_000n).toBe(true)
      }),
    )
  })

  it('bounds a farm by its share of the money at the sellers that are trusted, whatever it does among itself', () => {
    const own = fc.array(
      fc.record({ payer: fc.nat({ max: 5 }), payee: fc.nat({ max: 5 }), cents: fc.integer({ min: 1, max: 10 ** 6 }) }),
      { maxLength: 20 },
    )
    const bought = fc.array(
      fc.record({
        payer: fc.nat({ max: 5 }),
        payee: fc.constantFrom('S', 'T', 'U'),
        cents: fc.integer({ min: 1, max: 300 }),
      }),
      { maxLength: 10 },
    )
    fc.assert(
      fc.property(payments, own, bought, (list, washed, spent) => {
        const all = [
          ...list.map(({ payer, payee, cents }) => pay(payer, payee, cents)),
          ...washed.map(({ payer, payee, cents }) => pay(`farm ${payer}`, `farm ${payee}`, cents)),
          ...spent.map(({ payer, payee, cents }) => pay(`farm ${payer}`, payee, cents)),
        ]
        const farm = new Set(Array.from({ length: 6 }, (_, index) => at(`farm ${index}`)))
        const { customersOf } = moneyGraph({ payments: all, fundings: [], agents: [] }, 10_000n)
        let [worstPart, worstWhole] = [0n, 1n]
        for (const [seller, customers] of customersOf) {
          if (farm.has(seller)) continue
          const whole = sum(customers.values())
          const part = sum([...customers].map(([payer, amount]) => (farm.has(payer) ? amount : 0n)))
          if (part * worstWhole > worstPart * whole) [worstPart, worstWhole] = [part, whole]
        }
        const gained = sum([...influence(all)].map(([account, share]) => (farm.has(account) ? share : 0n)))
        expect(gained * worstWhole * 8n <= 7n * worstPart * wholeInfluence).toBe(true)
      }),
    )
  })
})

describe('midmean', () => {
  it('keeps the middle half by weight', () => {
    const values = [0, 400_000, 600_000, 1_000_000].map((valueMicro) => ({ valueMicro, weight: 7n }))
    expect(midmean(values)).toBe(500_000)
    expect(midmean([])).toBe(0)
    expect(midmean([{ valueMicro: 7, weight: 1n }])).toBe(7)
  })

  it('stays within what the honest say while less than a quarter of the weight lies', () => {
    const honest = fc.array(
      fc.record({
        valueMicro: fc.integer({ min: 200_000, max: 800_000 }),
        weight: fc.bigInt({ min: 1n, max: 1_000n }),
      }),
      { minLength: 1 },
    )
    fc.assert(
      fc.property(honest, fc.constantFrom(0, 1_000_000), (values, lie) => {
        const weight = values.reduce((total, value) => total + value.weight, 0n)
        const result = midmean([...values, { valueMicro: lie, weight: weight / 3n }])
        expect(result).toBeGreaterThanOrEqual(Math.min(...values.map(({ valueMicro }) => valueMicro)))
        expect(result).toBeLessThanOrEqual(Math.max(...values.map(({ valueMicro }) => valueMicro)))
      }),
    )
  })
})
