/**
 * Aggregator `openskill` version 1 (specs/0012-aggregators.md section 7): rows are rankings; each is a match of all seats, ratings move by
 * what a majority of stake says, and are carried.
 */
import { sha256Hex } from '@koinon/base'
import type { Aggregator, AggregatorInput, AggregatorOutput } from '../aggregator.ts'
import { divQ64, expQ64, mulQ64, oneQ64, sqrtQ64 } from '../fixed/q64.ts'
import { apportion, oneQ32 } from '../shares.ts'
import { agreementOf, type Ballot, clip, columnMedian, consensusOf, shareBallots, sum } from './ballots.ts'
import { packState, unpackState } from './holder-state.ts'
import { betaQ64, newcomer, type Rating, rankingSteps } from './plackett-luce.ts'

/** Added to every variance before an epoch's matches: (25/300)^2, so that nobody's rating freezes. */
const tauSquaredQ64 = oneQ64 / 144n
/** Part of a variance that is always left. */
const leastLeftQ64 = oneQ64 / 10_000n

const specHash = sha256Hex(
  'koinon aggregator openskill 1: Plackett-Luce, mu 25, sigma 25/3, beta 25/6, tau 1/12, kappa 1/10000, median steps, e^((mu - 3 sigma) / beta)',
)

export const openskill: Aggregator = { name: 'openskill', version: 1, specHash, aggregate }

function aggregate(input: AggregatorInput): AggregatorOutput {
  const ballots = shareBallots(input)
  const consensus = consensusOf(input, ballots)
  const known = unpackState(specHash, input.carried, 2)
  const before = input.hotkeys.map((hotkey) => {
    const [mean, variance] = known.get(hotkey) ?? []
    return mean === undefined || variance === undefined ? newcomer : { mean, variance }
  })
  const decided = consensus.some((value) => value > 0n)
  const ratings = decided ? rated(input, ballots, before) : before
  const ordinals = ratings.map(({ mean, variance }) => mean - 3n * sqrtQ64(variance))
  const listed = ordinals.filter((_, column) => (consensus[column] as bigint) > 0n)
  const best = listed.reduce((most, ordinal) => (ordinal > most ? ordinal : most), listed[0] ?? 0n)
  // A seat that a majority of stake gives nothing earns nothing, whatever it was once worth.
  const weights = ordinals.map((ordinal, column) =>
    consensus[column] === 0n ? 0n : expQ64(divQ64(ordinal - best, betaQ64)),
  )
  return {
    incentive: apportion(weights, oneQ32),
    dividends: apportion(agreementOf(input, ballots, consensus, clip), oneQ32),
    consensus,
    carry: packState(
      specHash,
      new Map(
        input.hotkeys.map((hotkey, column) => {
          const { mean, variance } = ratings[column] as Rating
          return [hotkey, [mean, variance]]
        }),
      ),
    ),
  }
}

/** Each ballot is a match from the same ratings; gain and shrink of a seat are the stake-weighted medians over the ballots. */
function rated(
  { uids, validators }: AggregatorInput,
  ballots: readonly Ballot[],
  before: readonly Rating[],
): readonly Rating[] {
  const start = before.map(({ mean, variance }) => ({
    mean,
    variance: least(variance + tauSquaredQ64, newcomer.variance),
  }))
  const voting = sum(ballots.map(({ stake }) => stake))
  const matches = ballots.map(({ stake, index, valueOf }) => {
    // A validator's own seat takes no part in its match: 0 for that seat.
    const players = uids.flatMap((uid, column) => (uid === validators[index]?.uid ? [] : [column]))
    const steps = rankingSteps(
      players.map((column) => start[column] as Rating),
      players.map((column) => valueOf.get(uids[column] as number) ?? 0n),
    )
    const stepOf = (pick: 'gain' | 'shrink'): ReadonlyMap<number, bigint> =>
      new Map(players.map((column, place) => [uids[column] as number, steps[place]?.[pick] ?? 0n]))
    return { stake, gain: stepOf('gain'), shrink: stepOf('shrink') }
  })
  return start.map(({ mean, variance }, column) => {
    const medianOf = (pick: 'gain' | 'shrink'): bigint =>
      columnMedian(
        matches.map((match) => ({ stake: match.stake, valueOf: match[pick] })),
        uids[column] as number,
        voting,
      )
    const left = oneQ64 - medianOf('shrink')
    return { mean: mean + medianOf('gain'), variance: mulQ64(variance, left > leastLeftQ64 ? left : leastLeftQ64) }
  })
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
