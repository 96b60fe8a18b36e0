import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { amountOf } from '../rules/work.ts'
import { coveredPrices } from './covered-prices.ts'

const price = fc.bigInt(0n, 10n ** 9n)
const tokens = fc.record({ promptTokens: fc.nat(10_000), outputTokens: fc.nat(10_000) })
const prices = fc.record({ promptPricePicoUsdPerToken: price, outputPricePicoUsdPerToken: price })
const stepsOf = (coveredPicoUsd: bigint) => ({ coveredPicoUsd, cover: () => Promise.resolve(false) })

describe('prices of an answer that is paid by the step', () => {
  it('never come to more than the vouchers cover, and are the usual ones where they cover all', () => {
    fc.assert(
      fc.property(tokens, prices, fc.bigInt(0n, 10n ** 14n), (counted, usual, covered) => {
        const lowered = coveredPrices(stepsOf(covered), counted, usual)
        expect(amountOf(counted, lowered) <= covered).toBe(true)
        if (amountOf(counted, usual) <= covered) expect(lowered).toEqual(usual)
      }),
    )
  })

  it('are the usual ones of a call that is paid whole', () => {
    const usual = { promptPricePicoUsdPerToken: 3n, outputPricePicoUsdPerToken: 7n }
    expect(coveredPrices(undefined, { promptTokens: 1, outputTokens: 1 }, usual)).toBe(usual)
  })
})
