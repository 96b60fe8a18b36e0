import { tokenDecimals } from '@koinon/base'
import type { PoolJson, StakeJson } from '../api/stake-types.ts'
import { formatTokenAtomic, readAmount } from '../format/money.ts'

const one = 10n ** BigInt(tokenDecimals)

/** The root, where KOIN is staked. */
export const rootNetuid = 0

/** KOIN that an amount is worth at the price of the moment; of a dissolved subnet its part of the pot; undefined without a market. */
export function worthOf(pools: readonly PoolJson[], netuid: number, amount: bigint): bigint | undefined {
  if (netuid === rootNetuid) return amount
  const pool = pools.find((candidate) => candidate.netuid === netuid)
  if (pool === undefined) return undefined
  if ('priceWad' in pool) return (amount * (readAmount(pool.priceWad) ?? 0n)) / one
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
  return netuid === rootNetuid ? formatTokenAtomic(amount) : `${formatTokenAtomic(amount, 'alpha')} of subnet ${netuid}`
}

/** A price with four digits after the first that is not zero: `0.05 KOIN`, `0.00001234 KOIN`. */
export function formatPrice(priceWad: string): string {
  const price = readAmount(priceWad) ?? 0n
  const digits = 4
  const places = Math.max(0, price.toString().length - digits)
  const rounded = price >= one ? price - (price % 10n ** 14n) : price - (price % 10n ** BigInt(places))
  const text = `${rounded / one}.${(rounded % one).toString().padStart(tokenDecimals, '0')}`
  return `${text.replace(/\.?0+$/, '')} KOIN`
}

/** What is said wherever a worth stands. */
export const worthSentence =
  'Worth is amount times price of the moment. Selling moves the price, so a sale brings less than that.'
