/** Aggregator `cappedMedian` version 1 (specs/0012-aggregators.md section 3): a median in which no stake is much larger than the rest. */
import { sha256Hex } from '@koinon/base'
import type { Aggregator } from '../aggregator.ts'
import { capStakes } from '../yuma/stake.ts'
import { settleShares, sum } from './ballots.ts'

/** Percentile of arXiv 2507.02951, which measured it on all subnets of the chain that Yuma comes from. */
const capPercent = 88

/** Turnout, medians, incentive and dividends count capped stakes. Whoever splits a stake over several keys escapes the cap. */
export const cappedMedian: Aggregator = {
  name: 'cappedMedian',
  version: 1,
  specHash: sha256Hex(
    'koinon aggregator cappedMedian 1: stakeMedian 1, stakes cut to the 88th percentile of the permitted',
  ),
  aggregate: (input) => {
    const capped = capStakes(
      input.validators.map(({ stake }) => stake),
      capPercent,
    )
    const validators = input.validators.map((validator, index) => ({ ...validator, stake: capped[index] as bigint }))
    return { ...settleShares({ ...input, validators, permittedStake: sum(capped) }), carry: '0x' }
  },
}
