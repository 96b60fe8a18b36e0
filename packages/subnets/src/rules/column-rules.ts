/** Which aggregators the ledger can check seat by seat, and what it needs for that (contracts/src/subnets/results/ColumnRules.sol). */
import type { Hex } from '@koinon/base'
import type { Aggregator } from './aggregator.ts'
import { stakeMedian } from './stake-median.ts'
import { yuma2, yuma3, yuma3Capped, yuma3Liquid, yuma3LiquidDecaying } from './yuma/aggregator.ts'
import { cappedPercent } from './yuma/parameters.ts'

/**
 * `ranksFrom`: whether a seat's rank follows from its own column, or is its part of what all words hold as the aggregator's own.
 * `areDividendsKnown`: whether dividends follow from rows and seats. `stakeCapPercent`: as in specs/0011-yuma.md section 3.
 */
export type ColumnRule = {
  readonly aggregator: Aggregator
  readonly ranksFrom: 'column' | 'own'
  readonly areDividendsKnown: boolean
  readonly stakeCapPercent: number | undefined
}

const yumaRule = (aggregator: Aggregator, stakeCapPercent?: number): ColumnRule => ({
  aggregator,
  ranksFrom: 'own',
  areDividendsKnown: false,
  stakeCapPercent,
})
const rules: ReadonlyMap<Hex, ColumnRule> = new Map(
  [
    { aggregator: stakeMedian, ranksFrom: 'column', areDividendsKnown: true, stakeCapPercent: undefined } as const,
    yumaRule(yuma2),
    yumaRule(yuma3),
    yumaRule(yuma3Capped, cappedPercent),
    yumaRule(yuma3Liquid),
    yumaRule(yuma3LiquidDecaying),
  ].map((rule) => [rule.aggregator.specHash, rule]),
)

/** Undefined for an aggregator whose seats the ledger cannot check. */
export function columnRuleOf(aggregatorSpecHash: Hex): ColumnRule | undefined {
  return rules.get(aggregatorSpecHash)
}
