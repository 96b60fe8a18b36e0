/** Every aggregator that a subnet can name, each versioned and pinned by its spec hash (specs/0007, 0011, 0012). */
import type { Aggregator } from '../aggregator.ts'
import { stakeMedian } from '../stake-median.ts'
import { yuma2, yuma3, yuma3Capped, yuma3Liquid, yuma3LiquidDecaying } from '../yuma/aggregator.ts'
import { alloraRegret } from './allora-regret.ts'
import { cappedMedian } from './capped-median.ts'
import { openskill } from './openskill.ts'
import { properScoring } from './proper-scoring.ts'
import { refereed } from './refereed.ts'
import { winnerTakeAll } from './winner-take-all.ts'

export const aggregators = {
  stakeMedian,
  yuma2,
  yuma3,
  yuma3Capped,
  yuma3Liquid,
  yuma3LiquidDecaying,
  cappedMedian,
  winnerTakeAll,
  openskill,
  properScoring,
  alloraRegret,
  refereed,
} as const satisfies Readonly<Record<string, Aggregator>>

/** Every aggregator that the engine has, also one that no definition may name. */
export type EngineAggregatorName = keyof typeof aggregators

/** Waits for verdicts of disputes, which nothing brings in this version (specs/0012-aggregators.md section 9). */
type WaitingAggregatorName = 'refereed'

/** The aggregators that a subnet may name. */
export type AggregatorName = Exclude<EngineAggregatorName, WaitingAggregatorName>

const waiting: WaitingAggregatorName = 'refereed'

/** In the order in which they are listed to founders. */
export const aggregatorNames = Object.keys(aggregators).filter((name): name is AggregatorName => name !== waiting)

/** The aggregator of subnet files that name none. */
export const defaultAggregator: AggregatorName = 'yuma3'
