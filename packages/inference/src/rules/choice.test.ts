import { describe, expect, it } from 'vitest'
import { badness, chooseOfTwo, movingAverage, type ProviderStanding } from './choice.ts'
import { gatewayPrices } from './gateway-price.ts'

const base: ProviderStanding = { pricePicoUsd: 1_000n, firstByteMs: 100, failureRate: 0, inFlight: 0, capacity: 4 }

describe('badness', () => {
  it('grows with price, latency, failures and load', () => {
    const worse: Partial<ProviderStanding>[] = [
      { pricePicoUsd: 2_000n },
      { firstByteMs: 200 },
      { failureRate: 0.1 },
      { inFlight: 4 },
    ]
    for (const change of worse) expect(badness({ ...base, ...change })).toBe(2 * badness(base))
  })
})

describe('chooseOfTwo', () => {
  const candidates = [base, { ...base, firstByteMs: 50 }, { ...base, firstByteMs: 200 }]

  it('takes the better of two different ones', () => {
    expect(chooseOfTwo([], (c: ProviderStanding) => c, [0, 0])).toBeUndefined()
    expect(chooseOfTwo([base], (c) => c, [0.9, 0.9])).toBe(base)
    expect(chooseOfTwo(candidates, (c) => c, [0, 0])).toBe(candidates[1])
    expect(chooseOfTwo(candidates, (c) => c, [0, 0.99])).toBe(candidates[0])
  })

  it('never takes the worst while two draws always differ', () => {
    for (let a = 0; a < 1; a += 0.05) {
      for (let b = 0; b < 1; b += 0.05) expect(chooseOfTwo(candidates, (c) => c, [a, b])).not.toBe(candidates[2])
    }
  })
})

describe('movingAverage', () => {
  it('moves a fifth of the way', () => {
    expect(movingAverage(100, 200)).toBe(120)
  })
})

describe('gatewayPrices', () => {
  it('adds the margin and rounds up, so that a gateway never sells below cost', () => {
    const prices = { promptPricePicoUsdPerToken: 1n, outputPricePicoUsdPerToken: 200_000n }
    expect(gatewayPrices(prices, 500)).toEqual({ promptPricePicoUsdPerToken: 2n, outputPricePicoUsdPerToken: 210_000n })
    expect(gatewayPrices(prices, 0)).toEqual(prices)
  })
})
