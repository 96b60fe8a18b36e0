import { describe, expect, it } from 'vitest'
import { tradeTerms } from '../rules/pool/trade-terms.ts'
import { wad } from '../rules/pool/weighted-pool.ts'
import { marketJson, termsJson } from './market-json.ts'

const pool = { alpha: 400n * wad, koin: 20n * wad, weightKoin: wad / 2n }

describe('a market in JSON', () => {
  it('is its pool, or of a dissolved subnet the pot', () => {
    const supply = { averagePrice: wad / 25n, supply: 1_000n * wad, openedAtSeconds: 7 }
    expect(marketJson({ netuid: 3, pool, price: wad / 20n, ...supply })).toEqual({
      priceWad: '50000000000000000',
      averagePriceWad: '40000000000000000',
      poolKoinAtomic: `${20n * wad}`,
      poolAlphaAtomic: `${400n * wad}`,
      supplyAtomic: `${1_000n * wad}`,
      openedAtSeconds: 7,
    })
    expect(marketJson({ netuid: 3, pot: 5n, outstanding: 6n })).toEqual({ potAtomic: '5', outstandingAtomic: '6' })
  })

  it('takes the terms of a trade through JSON whole', () => {
    const terms = tradeTerms(pool, 'buy', wad, 100)
    const json = termsJson(3, terms)
    expect(JSON.parse(JSON.stringify(json))).toEqual(json)
    expect(json).toMatchObject({ netuid: 3, side: 'buy', inputAtomic: `${wad}`, priceWad: '50000000000000000' })
    expect([BigInt(json.feeAtomic), BigInt(json.outputAtomic), BigInt(json.leastOutputAtomic)]).toEqual([
      terms.fee,
      terms.output,
      terms.leastOutput,
    ])
    expect(json.impactPpm).toBe(Number(terms.impactPpm))
  })
})
