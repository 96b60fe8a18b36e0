/**
 * Aggregator `properScoring` version 1 (specs/0012-aggregators.md section 5): rows are marks, 65535 less the loss; the median marks become
 * shares by a soft maximum, so that being a little better pays a little more.
 */
import { sha256Hex } from '@koinon/base'
import type { Aggregator, AggregatorInput, AggregatorOutput } from '../aggregator.ts'
import { expQ64, oneQ64 } from '../fixed/q64.ts'
import { apportion, oneQ32 } from '../shares.ts'
import { maximumWeight } from '../weight-row.ts'
import { agreementOf, consensusOf, markBallots } from './ballots.ts'

/** A tenth of the range of marks more loss pays 1/e as much. */
const sharpness = 10n

export const properScoring: Aggregator = {
  name: 'properScoring',
  version: 1,
  specHash: sha256Hex(
    'koinon aggregator properScoring 1: median marks, turnout above 1/2, e^(10 (mark - best) / 65535)',
  ),
  aggregate,
}

function aggregate(input: AggregatorInput): AggregatorOutput {
  const ballots = markBallots(input)
  const marks = consensusOf(input, ballots)
  const best = marks.reduce((most, mark) => (mark > most ? mark : most), 0n)
  const scale = BigInt(maximumWeight)
  const weights = marks.map((mark) => (mark === 0n ? 0n : expQ64(((mark - best) * sharpness * oneQ64) / scale)))
  return {
    incentive: apportion(weights, oneQ32),
    dividends: apportion(agreementOf(input, ballots, marks, closeness), oneQ32),
    consensus: marks.map((mark) => (mark * oneQ32) / scale),
    carry: '0x',
  }
}

/** The agreed mark less the distance from it, at least 0: saying too much costs as much as saying too little. */
export function closeness(said: bigint, agreed: bigint): bigint {
  const distance = said > agreed ? said - agreed : agreed - said
  return distance < agreed ? agreed - distance : 0n
}
