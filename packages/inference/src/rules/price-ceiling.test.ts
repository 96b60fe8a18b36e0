import { describe, expect, it } from 'vitest'
import { defaultPriceCeilings, isWithinPrices, priceCeiling } from './price-ceiling.ts'

const prices = (prompt: bigint, output = prompt) => ({
  promptPricePicoUsdPerToken: prompt,
  outputPricePicoUsdPerToken: output,
})

describe('priceCeiling', () => {
  it('is three times the median of each price from three offers on', () => {
    const offers = [prices(10n, 100n), prices(20n, 200n), prices(1_000_000n, 1n)]
    expect(priceCeiling('m', offers, defaultPriceCeilings)).toEqual(prices(60n, 300n))
  })

  it('cannot be pulled down to shut the only other seller out, nor up by a minority', () => {
    expect(
      isWithinPrices(prices(50_000n), priceCeiling('m', [prices(0n), prices(50_000n)], defaultPriceCeilings)),
    ).toBe(true)
    const honest = [prices(10n), prices(11n), prices(12n)]
    const greedy = [prices(90_000_000n), prices(90_000_000n)]
    expect(priceCeiling('m', [...honest, ...greedy], defaultPriceCeilings)).toEqual(prices(36n))
  })

  it('never lies above the absolute one, however many ask more', () => {
    const offers = Array(5).fill(prices(10n ** 15n))
    expect(priceCeiling('m', offers, defaultPriceCeilings)).toEqual(defaultPriceCeilings.everyModel)
    expect(priceCeiling('m', [], defaultPriceCeilings)).toEqual(defaultPriceCeilings.everyModel)
  })

  it('is the owner word for models that are named, and for those only', () => {
    const ceilings = { ...defaultPriceCeilings, models: { big: prices(10n ** 9n), cheap: prices(1n) } }
    const offers = [prices(5n), prices(5n), prices(5n)]
    expect(priceCeiling('big', offers, ceilings)).toEqual(prices(10n ** 9n))
    expect(priceCeiling('cheap', offers, ceilings)).toEqual(prices(1n))
    expect(priceCeiling('toString', offers, ceilings)).toEqual(prices(15n))
  })
})

describe('isWithinPrices', () => {
  it('compares both prices', () => {
    const most = prices(10n, 20n)
    expect([prices(10n, 20n), prices(11n, 20n), prices(10n, 21n)].map((each) => isWithinPrices(each, most))).toEqual([
      true,
      false,
      false,
    ])
  })
})
