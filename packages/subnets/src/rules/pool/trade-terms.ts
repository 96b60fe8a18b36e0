/** What a person agrees to before a trade with a pool: the quote, and the least that must come of it. */
import { KoinonError } from '@koinon/base'
import { type Pool, type PoolQuote, poolPrice, quoteBuy, quoteSell, wad } from './weighted-pool.ts'

export type TradeSide = 'buy' | 'sell'

/** A quote with its protection. Prices are KOIN for one alpha in parts of 1e18. */
export type TradeTerms = PoolQuote & {
  readonly side: TradeSide
  readonly priceBefore: bigint
  /** What is paid or got in all, the fee included, for one alpha: KOIN over alpha of the whole trade, rounded down. */
  readonly averagePrice: bigint
  /** What the trade brings at least, or it does not happen. */
  readonly leastOutput: bigint
}

/** Half of everything is no protection any more. */
export const maximumSlippageBps = 5_000

/** One in a hundred. */
export const defaultSlippageBps = 100

/**
 * Terms of a trade of `input` atomic units, KOIN of a buy and alpha of a sale, that may bring `slippageBps` of 1/10,000 less than quoted.
 * Throws `subnets/out-of-range`; `subnets/worth-nothing` when it would bring nothing.
 */
export function tradeTerms(pool: Pool, side: TradeSide, input: bigint, slippageBps: number): TradeTerms {
  if (!Number.isInteger(slippageBps) || slippageBps < 0 || slippageBps > maximumSlippageBps) {
    throw new KoinonError({
      code: 'subnets/out-of-range',
      message: `A trade may bring 0 to ${maximumSlippageBps} of 10,000 parts less than quoted, not ${slippageBps}`,
    })
  }
  const quote = side === 'buy' ? quoteBuy(pool, input) : quoteSell(pool, input)
  if (quote.output === 0n) {
    throw new KoinonError({
      code: 'subnets/worth-nothing',
      message: `So little ${side === 'buy' ? 'KOIN' : 'alpha'} would bring nothing`,
      hint: 'Trade a larger amount.',
    })
  }
  const leastOutput = (quote.output * BigInt(10_000 - slippageBps)) / 10_000n
  const [koin, alpha] = side === 'buy' ? [input, quote.output] : [quote.output, input]
  return {
    ...quote,
    side,
    priceBefore: poolPrice(pool),
    averagePrice: (koin * wad) / alpha,
    leastOutput: leastOutput === 0n ? 1n : leastOutput,
  }
}
