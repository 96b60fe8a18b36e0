import type { TokenPrices } from './work.ts'

/** What a gateway asks for a provider's prices: each raised by its margin in basis points, rounded up to whole pico-dollars. */
export function gatewayPrices(provider: TokenPrices, marginBps: number): TokenPrices {
  return {
    promptPricePicoUsdPerToken: raise(provider.promptPricePicoUsdPerToken, marginBps),
    outputPricePicoUsdPerToken: raise(provider.outputPricePicoUsdPerToken, marginBps),
  }
}

function raise(price: bigint, marginBps: number): bigint {
  return (price * BigInt(10_000 + marginBps) + 9_999n) / 10_000n
}
