/**
 * Aggregator `stakeMedian` version 1 (specs/0007-epochs.md section 5): the stake-weighted median of every column, clipping to it,
 * and shares by what is left. The clipped part of a row is what its validator earns for.
 */
import { sha256Hex } from '@koinon/base'
import type { Aggregator, AggregatorInput, AggregatorOutput } from './aggregator.ts'
import { agreementOf, clip, consensusOf, shareBallots, sum } from './aggregators/ballots.ts'
import { apportion, oneQ32 } from './shares.ts'

export const stakeMedian: Aggregator = {
  name: 'stakeMedian',
  version: 1,
  specHash: sha256Hex('koinon aggregator stakeMedian 1: rows Q32 floor, kappa 1/2, turnout above 1/2, no self weight'),
  aggregate: aggregateByStakeMedian,
}

function aggregateByStakeMedian(input: AggregatorInput): AggregatorOutput {
  const ballots = shareBallots(input)
  const consensus = consensusOf(input, ballots)
  const ranks = input.uids.map((uid, column) =>
    sum(ballots.map(({ stake, valueOf }) => stake * clip(valueOf.get(uid) ?? 0n, consensus[column] as bigint))),
  )
  return {
    incentive: apportion(ranks, oneQ32),
    dividends: apportion(agreementOf(input, ballots, consensus, clip), oneQ32),
    consensus,
    carry: '0x',
  }
}
