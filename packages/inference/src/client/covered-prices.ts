import { amountOf, type TokenPrices } from '../rules/work.ts'
import type { StepPayments } from './caller.ts'

type Tokens = { readonly promptTokens: number; readonly outputTokens: number }

/**
 * The prices under which an answer costs at most what the payer's vouchers cover: its provider may have put more tokens into an event than
 * were counted, and nobody is charged beyond what they signed. What is left out is the gateway's loss.
 */
export function coveredPrices(steps: StepPayments | undefined, tokens: Tokens, prices: TokenPrices): TokenPrices {
  if (steps === undefined) return prices
  const { coveredPicoUsd } = steps
  if (amountOf(tokens, prices) <= coveredPicoUsd) return prices
  const promptPicoUsd = BigInt(tokens.promptTokens) * prices.promptPricePicoUsdPerToken
  if (promptPicoUsd > coveredPicoUsd) {
    const promptPricePicoUsdPerToken = coveredPicoUsd / BigInt(tokens.promptTokens)
    return { promptPricePicoUsdPerToken, outputPricePicoUsdPerToken: 0n }
  }
  const outputPricePicoUsdPerToken = (coveredPicoUsd - promptPicoUsd) / BigInt(tokens.outputTokens)
  return { ...prices, outputPricePicoUsdPerToken }
}
