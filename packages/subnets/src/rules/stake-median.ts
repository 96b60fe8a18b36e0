/**
 * Aggregator `stakeMedian` version 2 (specs/0007-epochs.md section 5): the stake-weighted median of every column, clipping to it,
 * and shares by what is left. The clipped part of a row is what its validator earns for. Every number of it can be checked alone, which
 * contracts/src/subnets/results/StakeMedian.sol does (specs/0015-disputes.md).
 */
import { sha256Hex } from '@koinon/base'
import type { Aggregator, AggregatorInput, AggregatorOutput } from './aggregator.ts'
import { agreementOf, clip, consensusOf, ranksOf, sum, wholeBallots } from './aggregators/ballots.ts'

export const stakeMedian: Aggregator = {
  name: 'stakeMedian',
  version: 2,
  specHash: sha256Hex(
    'koinon aggregator stakeMedian 2: rows Q32 floor of all weights, kappa 1/2, turnout above 1/2, no self weight, ranks and dividends Q32 floor of votes',
  ),
  aggregate: aggregateByStakeMedian,
}

function aggregateByStakeMedian(input: AggregatorInput): AggregatorOutput {
  const ballots = wholeBallots(input)
  const voting = sum(ballots.map(({ stake }) => stake))
  const part = (weighted: bigint): bigint => (voting === 0n ? 0n : weighted / voting)
  const consensus = consensusOf(input, ballots)
  return {
    incentive: ranksOf(input, ballots, consensus).map(part),
    dividends: agreementOf(input, ballots, consensus, clip).map(part),
    consensus,
    carry: '0x',
  }
}
