/**
 * Aggregator `alloraRegret` version 1 (specs/0012-aggregators.md section 6): miners earn by how much better than the network they have
 * been (Allora Network's inference synthesis: regrets, their moving average, and the slope of a potential as the weight).
 */
import { type Address, sha256Hex } from '@koinon/base'
import type { Aggregator, AggregatorInput, AggregatorOutput } from '../aggregator.ts'
import { divQ64, expQ64, lnQ64, mulQ64, oneQ64, sqrtQ64 } from '../fixed/q64.ts'
import { apportion, oneQ32 } from '../shares.ts'
import { maximumWeight } from '../weight-row.ts'
import { agreementOf, consensusOf, markBallots, sum } from './ballots.ts'
import { packState, unpackState } from './holder-state.ts'
import { closeness } from './proper-scoring.ts'

/** Slope and middle of the potential, weight of one epoch in the average, what is added to the deviation. */
const p = 3n
const cQ64 = (oneQ64 * 3n) / 4n
const alphaQ64 = oneQ64 / 10n
const epsilonQ64 = oneQ64 / 100n
const steepestQ64 = 40n * oneQ64

const specHash = sha256Hex(
  'koinon aggregator alloraRegret 1: median marks, loss 65536 - mark, p 3, c 3/4, alpha 1/10, epsilon 1/100, newcomers min(0, regret)',
)

export const alloraRegret: Aggregator = { name: 'alloraRegret', version: 1, specHash, aggregate }

function aggregate(input: AggregatorInput): AggregatorOutput {
  const ballots = markBallots(input)
  const marks = consensusOf(input, ballots)
  const state = new Map(
    [...unpackState(specHash, input.carried, 1)].filter(([hotkey]) => input.hotkeys.includes(hotkey)),
  )
  const present = marks.flatMap((mark, column) => (mark > 0n ? [column] : []))
  const losses = present.map((column) => (BigInt(maximumWeight) + 1n - (marks[column] as bigint)) * oneQ64)
  const known = present.map((column) => state.get(input.hotkeys[column] as Address)?.[0])
  const network = networkLoss(losses, regretWeights(known.map((regret) => regret ?? 0n)))
  const regrets = losses.map((loss, place) => movedRegret(known[place], lnQ64(network) - lnQ64(loss)))
  const weights = regretWeights(regrets)
  const shares = marks.map(() => 0n)
  present.forEach((column, place) => {
    shares[column] = weights[place] as bigint
    state.set(input.hotkeys[column] as Address, [regrets[place] as bigint])
  })
  return {
    incentive: apportion(shares, oneQ32),
    dividends: apportion(agreementOf(input, ballots, marks, closeness), oneQ32),
    consensus: marks.map((mark) => (mark * oneQ32) / BigInt(maximumWeight)),
    carry: packState(specHash, state),
  }
}

/**
 * Weights phi'(x) = p / (1 + e^(p (c - x))) of regrets x = R / (deviation + epsilon), all Q64: between 0 and 3, steepest where a regret is
 * 3/4 of a deviation above the network. The exponent is cut to [-40, 40].
 */
export function regretWeights(regrets: readonly bigint[]): readonly bigint[] {
  const count = BigInt(regrets.length)
  if (count === 0n) return []
  const mean = sum(regrets) / count
  const variance = sum(regrets.map((regret) => mulQ64(regret - mean, regret - mean))) / count
  const scale = sqrtQ64(variance) + epsilonQ64
  return regrets.map((regret) => {
    const exponent = p * (cQ64 - divQ64(regret, scale))
    const cut = exponent > steepestQ64 ? steepestQ64 : exponent < -steepestQ64 ? -steepestQ64 : exponent
    return divQ64(p * oneQ64, oneQ64 + expQ64(cut))
  })
}

/** Forecasts put together with these weights, all Q64: their weighted mean, rounded towards zero; 0 without weights. */
export function synthesize(forecasts: readonly bigint[], weights: readonly bigint[]): bigint {
  const total = sum(weights)
  return total === 0n ? 0n : sum(forecasts.map((forecast, place) => forecast * (weights[place] ?? 0n))) / total
}

/** Of a convex loss the weighted mean of the losses is the most that the synthesized forecast can lose; rows do not tell it exactly. */
function networkLoss(losses: readonly bigint[], weights: readonly bigint[]): bigint {
  return synthesize(losses, weights)
}

/** A newcomer begins at 0 or below: to return under a new key wins nothing that was lost, and no head start. */
function movedRegret(known: bigint | undefined, regret: bigint): bigint {
  const before = known ?? (regret < 0n ? regret : 0n)
  return before + mulQ64(alphaQ64, regret - before)
}
