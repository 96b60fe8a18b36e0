/**
 * Prices that rise with each sale and fall with time (specs/0013-emission.md sections 6 and 7), as `contracts/src/subnets/Prices.sol` has
 * them: that of a seat, never outside its clamps, and the lock of a new subnet.
 */
import { KoinonError } from '@koinon/base'

const oneQ32 = 1n << 32n
const halfQ32 = 1n << 31n

/** Amounts in atomic units. `bumpBps` 12,600 is a factor of 1.26. `decayQ32` of `decayFactorQ32(halfLifeSeconds)`. */
export type BurnRules = {
  readonly bumpBps: bigint
  readonly halfLifeSeconds: bigint
  readonly decayQ32: bigint
  readonly minimum: bigint
  readonly maximum: bigint
}

/** `base` to a whole power in Q32 by repeated squaring, lowest bit first, every product rounded down. */
function powerQ32(base: bigint, exponent: bigint): bigint {
  let result = oneQ32
  let factor = base
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * factor) >> 32n
    factor = (factor * factor) >> 32n
  }
  return result
}

/**
 * What one unit of time leaves: found by bisection, the lower end of the last interval [f, f + 1] in which the power of f to the half-life
 * passes one half (the factor of opentensor/subtensor#2382: 4286705684 for 360). 2^32 for a half-life of 0, which never decays.
 */
export function decayFactorQ32(halfLife: bigint): bigint {
  if (halfLife < 0n) throw outOfRange('A half-life')
  if (halfLife === 0n) return oneQ32
  let low = 0n
  let high = oneQ32
  while (low + 1n < high) {
    const middle = (low + high) >> 1n
    if (powerQ32(middle, halfLife) > halfQ32) high = middle
    else low = middle
  }
  return low
}

/** The price after `seconds` without a registration: a shift per whole half-life, the rest by the factor, then the clamps. */
export function burnPriceAfter(rules: BurnRules, price: bigint, seconds: bigint): bigint {
  if (price < 0n || price >> 128n !== 0n || seconds < 0n) throw outOfRange('A price or a time')
  if (rules.halfLifeSeconds === 0n) return clamp(rules, price)
  const halved = price >> (seconds / rules.halfLifeSeconds)
  return clamp(rules, (halved * powerQ32(rules.decayQ32, seconds % rules.halfLifeSeconds)) >> 32n)
}

/** The price after a registration at `price`. */
export function burnPriceBumped(rules: BurnRules, price: bigint): bigint {
  if (price < 0n || price >> 128n !== 0n) throw outOfRange('A price')
  return clamp(rules, (price * rules.bumpBps) / 10_000n)
}

/** Amounts in atomic units. */
export type LockPriceRules = { readonly intervalSeconds: bigint; readonly minimum: bigint }

/** Twice the last lock at once, the last lock after one interval, the minimum from two intervals on: a straight line. */
export function lockPriceAfter(rules: LockPriceRules, lastLock: bigint, seconds: bigint): bigint {
  if (lastLock < 0n || seconds < 0n || rules.intervalSeconds <= 0n) throw outOfRange('A lock, a time or an interval')
  const price = 2n * lastLock - (lastLock * seconds) / rules.intervalSeconds
  return price < rules.minimum ? rules.minimum : price
}

function clamp({ minimum, maximum }: BurnRules, price: bigint): bigint {
  return price < minimum ? minimum : price > maximum ? maximum : price
}

function outOfRange(what: string): KoinonError {
  return new KoinonError({ code: 'subnets/out-of-range', message: `${what} is out of range` })
}
