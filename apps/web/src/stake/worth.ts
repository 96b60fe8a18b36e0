import type { PoolJson, StakeJson } from '@koinon/work/dashboard'
import { formatAlphaAtomic, worthAtPrice } from '../format/alpha.ts'
import { formatTokenAtomic, readAmount } from '../format/money.ts'

/** The root, where KOIN is staked. */
export const rootNetuid = 0

/**
 * As `koinWorth` of @koinon/subnets/pools, which the page cannot import: that entry reads the ledger and brings its client library with it,
 * several times the page's budget of JavaScript.
 *
 * KOIN that an amount is worth at the price of the moment; of a dissolved subnet its part of the pot; undefined without a market.
 */
export function worthOf(pools: readonly PoolJson[], netuid: number, amount: bigint): bigint | undefined {
  if (netuid === rootNetuid) return amount
  const pool = pools.find((candidate) => candidate.netuid === netuid)
  if (pool === undefined) return undefined
  if ('priceWad' in pool) return worthAtPrice(readAmount(pool.priceWad) ?? 0n, amount)
  const outstanding = readAmount(pool.outstandingAtomic) ?? 0n
  return outstanding === 0n ? 0n : (amount * (readAmount(pool.potAtomic) ?? 0n)) / outstanding
}

/** All of it together, KOIN that is neither staked nor spent left out. */
export function totalWorth(stake: StakeJson, pools: readonly PoolJson[]): bigint {
  return [...stake.free, ...stake.staked, ...stake.leaving, ...stake.rootDividends].reduce(
    (sum, { netuid, amountAtomic }) => sum + (worthOf(pools, netuid, readAmount(amountAtomic) ?? 0n) ?? 0n),
    0n,
  )
}

/** `12.5 alpha of subnet 1`; on the root `12.5 KOIN`. */
export function formatAlpha(netuid: number, amount: bigint): string {
  return netuid === rootNetuid ? formatTokenAtomic(amount) : `${formatAlphaAtomic(amount)} of subnet ${netuid}`
}
