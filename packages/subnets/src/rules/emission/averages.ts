/** Moving averages over elapsed time in closed form (specs/0013-emission.md section 3): nobody has to touch a subnet every second. */
import { KoinonError } from '@koinon/base'
import { mulQ64, oneQ64, powerQ64 } from '../fixed/q64.ts'

/** `baseQ64` is the largest weight of one second; a young subnet's is smaller: base * age / (age + halvingSeconds). */
export type PriceEmaRules = { readonly baseQ64: bigint; readonly halvingSeconds: bigint; readonly capQ64: bigint }

/** 3e-6 a block of 12 s and 201,600 blocks, as Bittensor has it; spot prices count up to 1. */
export const priceEmaDefaults: PriceEmaRules = {
  baseQ64: oneQ64 / 4_000_000n,
  halvingSeconds: 2_419_200n,
  capQ64: oneQ64,
}

/** Part of a flow average that is left after one second: half after 30 days. */
export const flowKeepQ64 = 18446739140720764749n

/**
 * The average price after `elapsedSeconds` at one spot price, as the chain counts that the rules come from, for its vectors; what policies
 * look at here is the pool's own average (`movePriceAverage`, specs/0014-pools.md section 3): every second moves it by a = base * age / (age + halving) of the distance,
 * `ageSeconds` being the subnet's age at the END. Prices are Q64 KOIN per token. Throws `subnets/out-of-range`.
 */
export function priceEmaAfter(
  rules: PriceEmaRules,
  input: {
    readonly emaQ64: bigint
    readonly spotQ64: bigint
    readonly ageSeconds: bigint
    readonly elapsedSeconds: bigint
  },
): bigint {
  const { baseQ64, halvingSeconds, capQ64 } = rules
  const { emaQ64, spotQ64, ageSeconds, elapsedSeconds } = input
  if (baseQ64 < 0n || baseQ64 > oneQ64 || halvingSeconds <= 0n) throw outOfRange('The rules of a price average')
  if (emaQ64 < 0n || spotQ64 < 0n) throw outOfRange('A price')
  if (elapsedSeconds < 0n || ageSeconds < elapsedSeconds) throw outOfRange('An elapsed time')
  const keep = powerQ64(oneQ64 - (baseQ64 * ageSeconds) / (ageSeconds + halvingSeconds), elapsedSeconds)
  const spot = spotQ64 < capQ64 ? spotQ64 : capQ64
  return mulQ64(emaQ64, keep) + mulQ64(spot, oneQ64 - keep)
}

/**
 * The average flow after `elapsedSeconds` in which `flow` units came in (negative: went out) evenly, in units per second, rounded towards
 * zero; unchanged when no time passed. `keepQ64` is what a second leaves of the average. Throws `subnets/out-of-range`.
 */
export function flowEmaAfter(input: {
  readonly ema: bigint
  readonly flow: bigint
  readonly elapsedSeconds: bigint
  readonly keepQ64: bigint
}): bigint {
  const { ema, flow, elapsedSeconds, keepQ64 } = input
  if (elapsedSeconds < 0n) throw outOfRange('An elapsed time')
  if (keepQ64 < 0n || keepQ64 > oneQ64) throw outOfRange('What a second leaves of an average')
  if (elapsedSeconds === 0n) return ema
  const keep = powerQ64(keepQ64, elapsedSeconds)
  return (ema * keep * elapsedSeconds + flow * (oneQ64 - keep)) / (elapsedSeconds * oneQ64)
}

function outOfRange(what: string): KoinonError {
  return new KoinonError({ code: 'subnets/out-of-range', message: `${what} is out of range` })
}
