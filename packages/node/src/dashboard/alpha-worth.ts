import { type SubnetPool, type SubnetPot, worthAtPrice } from '@koinon/subnets/pools'

/** KOIN that alpha is worth at the price of the moment; of a dissolved subnet its part of the pot, where there is no market nothing. */
export function koinWorth(market: SubnetPool | SubnetPot | undefined, alpha: bigint): bigint {
  if (market === undefined) return 0n
  if ('pool' in market) return worthAtPrice(market.pool, alpha)
  return market.outstanding === 0n ? 0n : (alpha * market.pot) / market.outstanding
}
