/** The pool of one subnet (specs/0014-pools.md section 2), to the bit as WeightedPool.sol and Pools.sol have it. */
import { formatAmount, KoinonError } from '@koinon/base'
import { expDown, expNegUp, lnDown, oneQ128 } from './fixed-point.ts'

/** One whole of prices and weights. */
export const wad = 10n ** 18n

/** Each of the two weights stays at or above this, in parts of 1e18. */
export const minimumPoolWeight = wad / 100n

/** Fee of every trade in 1/10,000 of its input, rounded up. */
export const poolFeeBps = 5n

/** Largest reserve, input included. */
export const maximumPoolAmount = (1n << 96n) - 1n

const maximumInputRatio = 1000n
const maximumRatio = (1n << 127n) - 1n

/** Reserves in atomic units and the weight of KOIN in parts of 1e18; alpha has the rest. */
export type Pool = { readonly alpha: bigint; readonly koin: bigint; readonly weightKoin: bigint }

/** What a trade would do. `input` contains `fee`; `priceAfter` and `impactPpm` (change of the price, millionths of it) are without sign. */
export type PoolQuote = {
  readonly input: bigint
  readonly fee: bigint
  readonly output: bigint
  readonly pool: Pool
  readonly priceAfter: bigint
  readonly impactPpm: bigint
}

/** KOIN for one alpha in parts of 1e18, rounded down: (w1 / w2) * (koin / alpha). */
export function poolPrice(pool: Pool): bigint {
  return ((wad - pool.weightKoin) * pool.koin * wad) / (pool.weightKoin * pool.alpha)
}

/** Alpha for `input` KOIN. Throws `subnets/out-of-range` on input that is not positive or above 1,000 x the reserve. */
export function quoteBuy(pool: Pool, input: bigint): PoolQuote {
  const fee = feeOf(input)
  const net = input - fee
  const output = netOut(pool.koin, pool.weightKoin, pool.alpha, wad - pool.weightKoin, net)
  return quoteOf(pool, input, fee, output, { ...pool, alpha: pool.alpha - output, koin: pool.koin + net })
}

/** KOIN for `input` alpha. Throws as `quoteBuy`. */
export function quoteSell(pool: Pool, input: bigint): PoolQuote {
  const fee = feeOf(input)
  const net = input - fee
  const output = netOut(pool.alpha, wad - pool.weightKoin, pool.koin, pool.weightKoin, net)
  return quoteOf(pool, input, fee, output, { ...pool, alpha: pool.alpha + net, koin: pool.koin - output })
}

/** Most KOIN, fee already taken off, that may come in before the price passes `limit` (1e18 parts); 0 when it already has. */
export function koinToPrice(pool: Pool, limit: bigint): bigint {
  const weightAlpha = wad - pool.weightKoin
  const ratio = ((limit * pool.weightKoin * pool.alpha) << 96n) / (weightAlpha * wad * pool.koin)
  return growth(pool.koin, ratio, weightAlpha)
}

/** As `koinToPrice`, fee included: the largest input of a buy that keeps to the limit. */
export function buyInputToPrice(pool: Pool, limit: bigint): bigint {
  return grossOf(koinToPrice(pool, limit))
}

/** Most alpha, fee included, that a sale can bring before the price falls below `limit` > 0; 0 when it already has. */
export function sellInputToPrice(pool: Pool, limit: bigint): bigint {
  if (limit <= 0n) throw outOfRange('A limit price is above 0')
  const ratio = (((wad - pool.weightKoin) * wad * pool.koin) << 96n) / (limit * pool.weightKoin * pool.alpha)
  return grossOf(growth(pool.alpha, ratio, pool.weightKoin))
}

/**
 * The pool after the protocol added (`alpha`, `koin`) at an unmoved price: only the weights shift. Undefined when a weight would leave
 * [0.01, 0.99] or a reserve pass its maximum; then the amounts stay idle. The price changes by a relative 5.1e-17 at most.
 */
export function injectIntoPool(pool: Pool, alpha: bigint, koin: bigint): Pool | undefined {
  const after = { alpha: pool.alpha + alpha, koin: pool.koin + koin }
  if (after.alpha > maximumPoolAmount || after.koin > maximumPoolAmount) return undefined
  const a = (wad - pool.weightKoin) * pool.koin * after.alpha
  const b = pool.weightKoin * pool.alpha * after.koin
  const weightKoin = ((2n * wad * b) / (a + b) + 1n) / 2n
  if (weightKoin < minimumPoolWeight || weightKoin > wad - minimumPoolWeight) return undefined
  return { ...after, weightKoin }
}

function feeOf(input: bigint): bigint {
  if (input <= 0n) throw outOfRange('A trade brings something in')
  return (input * poolFeeBps + 9999n) / 10_000n
}

/** Largest input whose net part is at most `net`. */
function grossOf(net: bigint): bigint {
  return (net * 10_000n) / (10_000n - poolFeeBps)
}

/** reserveOut * (1 - (reserveIn / (reserveIn + net))^(weightIn / weightOut)), rounded down: exact - 2 < out <= exact. */
function netOut(reserveIn: bigint, weightIn: bigint, reserveOut: bigint, weightOut: bigint, net: bigint): bigint {
  const limit = inputLimit(reserveIn)
  if (net > limit)
    throw outOfRange(
      'The input is too large for the pool',
      `It takes up to ${formatAmount(grossOf(limit))} at once, 1,000 times what it holds. Trade a smaller amount.`,
    )
  const exponent = (lnDown(reserveIn + net, reserveIn) * weightIn) / weightOut
  return (reserveOut * (oneQ128 - expNegUp(exponent))) >> 128n
}

/** reserve * (ratio^weight - 1) for a ratio in parts of 2^96, at most what may come in at once. */
function growth(reserve: bigint, ratio: bigint, weight: bigint): bigint {
  if (ratio <= 1n << 96n) return 0n
  const { mantissa, k } = expDown((lnDown(least(ratio, maximumRatio), 1n << 96n) * weight) / wad)
  return least((reserve * ((mantissa << k) - oneQ128)) >> 128n, inputLimit(reserve))
}

function inputLimit(reserve: bigint): bigint {
  return least(maximumInputRatio * reserve, maximumPoolAmount - reserve)
}

function quoteOf(before: Pool, input: bigint, fee: bigint, output: bigint, pool: Pool): PoolQuote {
  const was = poolPrice(before)
  const priceAfter = poolPrice(pool)
  const change = priceAfter > was ? priceAfter - was : was - priceAfter
  return { input, fee, output, pool, priceAfter, impactPpm: was === 0n ? 0n : (change * 1_000_000n) / was }
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function outOfRange(message: string, hint?: string): KoinonError {
  return new KoinonError({ code: 'subnets/out-of-range', message, ...(hint === undefined ? {} : { hint }) })
}
