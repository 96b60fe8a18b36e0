import { describe, expect, it } from 'vitest'
import { parseMaximumPrices } from './maximum-prices.ts'

describe('parseMaximumPrices', () => {
  it('reads dollars a million tokens, a model at a time, names with anything in them', () => {
    expect(parseMaximumPrices(['demo=0.05,0.20', 'org/model=v2=3,15'])).toEqual({
      demo: { promptPricePicoUsdPerToken: 50_000n, outputPricePicoUsdPerToken: 200_000n },
      'org/model=v2': { promptPricePicoUsdPerToken: 3_000_000n, outputPricePicoUsdPerToken: 15_000_000n },
    })
    expect(parseMaximumPrices([])).toEqual({})
  })

  it.each(['', 'demo', 'demo=1', '=1,2', 'demo=1,2,', 'demo=-1,2', 'demo=1,x', 'demo=1.0000001,2'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseMaximumPrices([text])).toThrow(expect.objectContaining({ code: 'usage/bad-price' }))
    },
  )
})
