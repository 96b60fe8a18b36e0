import { describe, expect, it } from 'vitest'
import { amountOf } from '../rules/work.ts'
import { coveredPrices } from './covered-prices.ts'

const counts = [0, 1, 7, 128, 10_000]
const prices = [0n, 1n, 999n, 10n ** 9n]
const covers = [0n, 1n, 1_000n, 127_999n, 10n ** 10n, 10n ** 14n]
const stepsOf = (coveredPicoUsd: bigint) => ({ coveredPicoUsd, cover: () => Promise.resolve(false) })

describe('prices of an answer that is paid by the step', () => {
  it('never come to more than the vouchers cover, and are the usual ones where they cover all', () => {
    for (const promptTokens of counts)
      for (const outputTokens of counts)
        for (const promptPricePicoUsdPerToken of prices)
          for (const outputPricePicoUsdPerToken of prices)
            for (const covered of covers) {
              const [counted, usual] = [
                { promptTokens, outputTokens },
                { promptPricePicoUsdPerToken, outputPricePicoUsdPerToken },
              ]
              const lowered = coveredPrices(stepsOf(covered), counted, usual)
              expect(amountOf(counted, lowered) <= covered).toBe(true)
              if (amountOf(counted, usual) <= covered) expect(lowered).toEqual(usual)
            }
  })

  it('are the usual ones of a call that is paid whole', () => {
    const usual = { promptPricePicoUsdPerToken: 3n, outputPricePicoUsdPerToken: 7n }
    expect(coveredPrices(undefined, { promptTokens: 1, outputTokens: 1 }, usual)).toBe(usual)
  })
})
