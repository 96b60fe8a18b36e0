/** The most a gateway pays: what miners announce is a stranger's word. Prices in pico-dollars (1e-12 dollar) a token. */
import type { TokenPrices } from './work.ts'

export type PriceCeilings = {
  /** Most for a model that is not named below, whatever the others ask. */
  readonly everyModel: TokenPrices
  /** Most for single models, by id; the owner's word, so the other two rules do not apply to them. */
  readonly models: Readonly<Record<string, TokenPrices>>
  /** Most as a multiple of the median offer, basis points; applies from three offers of a model on. */
  readonly medianMultipleBps: number
}

/** A hundred dollars a million tokens, and three times the median offer. */
export const defaultPriceCeilings: PriceCeilings = {
  everyModel: { promptPricePicoUsdPerToken: 100_000_000n, outputPricePicoUsdPerToken: 100_000_000n },
  models: {},
  medianMultipleBps: 30_000,
}

/** Fewer offers have no middle: one stranger with a price of nothing would shut the only honest seller out. */
const fewestForMedian = 3

/** The most that may be paid for a model on offer at these prices. */
export function priceCeiling(model: string, offers: readonly TokenPrices[], ceilings: PriceCeilings): TokenPrices {
  const named = Object.hasOwn(ceilings.models, model) ? ceilings.models[model] : undefined
  if (named !== undefined) return named
  if (offers.length < fewestForMedian) return ceilings.everyModel
  const most = (of: (prices: TokenPrices) => bigint): bigint => {
    const relative = (median(offers.map(of)) * BigInt(ceilings.medianMultipleBps)) / 10_000n
    return relative < of(ceilings.everyModel) ? relative : of(ceilings.everyModel)
  }
  return {
    promptPricePicoUsdPerToken: most((prices) => prices.promptPricePicoUsdPerToken),
    outputPricePicoUsdPerToken: most((prices) => prices.outputPricePicoUsdPerToken),
  }
}

/** True when neither price is above the other's. */
export function isWithinPrices(prices: TokenPrices, most: TokenPrices): boolean {
  return (
    prices.promptPricePicoUsdPerToken <= most.promptPricePicoUsdPerToken &&
    prices.outputPricePicoUsdPerToken <= most.outputPricePicoUsdPerToken
  )
}

/** The upper median, so that half of the offers are never above it. */
function median(prices: readonly bigint[]): bigint {
  const sorted = [...prices].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  return sorted[Math.floor(sorted.length / 2)] as bigint
}
