import { type Pool, poolPrice, wad } from './weighted-pool.ts'

/** Where alpha has a price: a pool, or of a dissolved subnet its `pot` of KOIN for the `outstanding` alpha. */
export type AlphaMarket = { readonly pool: Pool } | { readonly pot: bigint; readonly outstanding: bigint }

/**
 * KOIN that `alpha` is worth: at the pool's price of the moment, fee and price impact left out; of a dissolved subnet its part of the pot;
 * nothing where there is no market. Rounded down, once.
 */
export function koinWorth(market: AlphaMarket | undefined, alpha: bigint): bigint {
  if (market === undefined) return 0n
  if ('pool' in market) return (alpha * poolPrice(market.pool)) / wad
  return market.outstanding === 0n ? 0n : (alpha * market.pot) / market.outstanding
}
