/** The plug point between what is known of the subnets and their shares of the issue (specs/0013-emission.md section 4). */
import { type Hex, KoinonError, sha256Hex } from '@koinon/base'
import { oneQ64 } from '../fixed/q64.ts'

/** What a policy may look at, per subnet. Units are the same for all subnets; only proportions count. */
export type SubnetSignals = {
  /** Lives and takes part in the step (specs/0020-pool-emission.md section 1): everything else gets nothing. */
  readonly eligible: boolean
  /** KOIN per token, below 2^128. */
  readonly priceEmaQ64: bigint
  /** Average change of the pool's KOIN, injections aside, per second, signed, within 2^127. */
  readonly userFlowEma: bigint
  /** Average KOIN that steps injected into the pool per second, signed, within 2^127; nothing is bought or sold by the protocol. */
  readonly protocolCostEma: bigint
  /** Sales of the period, below 2^128; 0 on a ledger, where nothing counts them. */
  readonly revenue: bigint
  /** Part of the miners' pay that fell on the owner's keys and was withheld, 0 to 2^64; 0 on a ledger. */
  readonly minerBurnedQ64: bigint
  /** KOIN that people keep in the pool (`keptCapital`), below 2^128. */
  readonly capital: bigint
}

/** A versioned, pure, integer rule. Two with the same `specHash` give the same bits everywhere. */
export type EmissionPolicy = {
  readonly name: string
  readonly version: number
  readonly specHash: Hex
  /** Shares in the order of the input, together at most 2^64; what they leave is recycled. Throws `subnets/out-of-range`. */
  shares(subnets: readonly SubnetSignals[]): readonly bigint[]
}

/** A policy out of a rule for weights: checks the signals, gives the ineligible nothing, and shares out one whole, or as `divide` says. */
export function definePolicy(
  name: string,
  version: number,
  rule: string,
  weigh: (eligible: readonly SubnetSignals[]) => readonly bigint[],
  divide: (weights: readonly bigint[]) => readonly bigint[] = exactShares,
): EmissionPolicy {
  return {
    name,
    version,
    specHash: sha256Hex(`koinon emission policy ${name} ${version}: ${rule}`),
    shares: (subnets) => {
      subnets.forEach(requireSignals)
      const weights = weigh(subnets.filter(({ eligible }) => eligible)).values()
      return divide(subnets.map(({ eligible }) => (eligible ? (weights.next().value as bigint) : 0n)))
    },
  }
}

/**
 * Weights >= 0 as parts of 2^64: each rounded down, what is left over to the first of the largest. Sums to 2^64, or to 0 when all are 0.
 * One pass, so that a contract can do it.
 */
export function exactShares(weights: readonly bigint[]): readonly bigint[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n)
  if (total === 0n) return weights.map(() => 0n)
  const shares = weights.map((weight) => (weight * oneQ64) / total)
  const largest = weights.reduce((best, weight, index) => (weight > (weights[best] as bigint) ? index : best), 0)
  shares[largest] = (shares[largest] as bigint) + oneQ64 - shares.reduce((sum, share) => sum + share, 0n)
  return shares
}

function requireSignals(signals: SubnetSignals, index: number): void {
  const { priceEmaQ64, userFlowEma, protocolCostEma, revenue, minerBurnedQ64, capital } = signals
  const within = (value: bigint, least: bigint, most: bigint): boolean => value >= least && value < most
  const limit = 1n << 127n
  const problem = !within(priceEmaQ64, 0n, 2n * limit)
    ? 'price'
    : !within(userFlowEma, -limit, limit) || !within(protocolCostEma, -limit, limit)
      ? 'flow'
      : !within(revenue, 0n, 2n * limit)
        ? 'revenue'
        : !within(minerBurnedQ64, 0n, oneQ64 + 1n)
          ? 'burned part'
          : !within(capital, 0n, 2n * limit)
            ? 'capital'
            : undefined
  if (problem === undefined) return
  throw new KoinonError({
    code: 'subnets/out-of-range',
    message: `The ${problem} of subnet number ${index} of the list is out of range`,
  })
}
