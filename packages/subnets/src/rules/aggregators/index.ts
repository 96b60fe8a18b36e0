/** Every aggregator that a subnet can name, each versioned and pinned by its spec hash (specs/0011, 0012). */
import type { Aggregator } from '../aggregator.ts'
import { stakeMedian } from '../stake-median.ts'

export const aggregators = { stakeMedian } as const satisfies Readonly<Record<string, Aggregator>>

export type AggregatorName = keyof typeof aggregators
