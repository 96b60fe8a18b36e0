/** From the scores of an epoch's questions to one score a miner (specs/0016-subnet-files.md section 5). Integers only. */

import { badDefinition, isWhole } from '../definition-head.ts'
import { maximumScorePpm } from '../evidence.ts'
import type { CombinePolicy } from '../subnet-definition.ts'
import { skillScores } from './skill-scores.ts'

/** A miner's score of one question; 0 where it gave no answer. */
export type TaskScore = { readonly task: number; readonly scorePpm: number }

/**
 * `mean` of all questions; `ewma` the mean, then a moving average over epochs (200,000 millionths a step unless said); `crps` for losses:
 * each question counts relative to its best answer, capped at the 90th percentile; `openskill` where only the order of answers means
 * something: each question is a duel of everybody with everybody. Two words mean other things elsewhere: the function `crps` that files may
 * call is the score of one forecast, and the aggregator `openskill` (0012) makes shares of validators' rows, not a score of questions.
 */
export type ScoreAggregate = 'mean' | 'ewma' | 'crps' | 'openskill' | { readonly ewmaPpm: number }

type Aggregate = {
  readonly text: string
  readonly combine: CombinePolicy
  /** Rows are miners, columns questions, all of one length; one score a miner. */
  aggregate(scores: readonly (readonly number[])[]): readonly number[]
}

/** The policy with its defaults. Throws `subnets/bad-definition` naming `field` for what is none. */
export function scoreAggregateOf(policy: ScoreAggregate = 'mean', field = 'aggregate'): Aggregate {
  if (policy === 'mean') return { text: 'mean', combine: 'latest', aggregate: means }
  if (policy === 'ewma') return scoreAggregateOf({ ewmaPpm: 200_000 })
  if (policy === 'crps') return { text: 'crps', combine: 'latest', aggregate: (scores) => means(relative(scores)) }
  if (policy === 'openskill') return { text: 'openskill', combine: 'latest', aggregate: skillScores }
  const ewmaPpm = typeof policy === 'object' && policy !== null ? policy.ewmaPpm : undefined
  if (isWhole(ewmaPpm, 1, maximumScorePpm)) {
    return { text: 'mean', combine: { movingAveragePpm: ewmaPpm }, aggregate: means }
  }
  throw badDefinition(field, "must be 'mean', 'ewma', 'crps', 'openskill', { ewmaPpm: 1-1000000 } or a function")
}

function means(scores: readonly (readonly number[])[]): readonly number[] {
  return scores.map((row) =>
    row.length === 0 ? 0 : Math.floor(row.reduce((sum, score) => sum + score, 0) / row.length),
  )
}

/** Per question: (cap - loss) / (cap - best loss) in millionths, loss = 1,000,000 - score; a score of 0 stays 0. */
function relative(scores: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const columns = (scores[0] ?? []).map((_, task) => {
    const losses = scores.map((row) => maximumScorePpm - (row[task] as number)).sort((a, b) => a - b)
    return { best: losses[0] as number, cap: losses[Math.ceil((losses.length * 9) / 10) - 1] as number }
  })
  return scores.map((row) =>
    row.map((score, task) => {
      if (score === 0) return 0
      const { best, cap } = columns[task] as { best: number; cap: number }
      const loss = Math.min(maximumScorePpm - score, cap)
      return cap === best ? maximumScorePpm : Math.floor(((cap - loss) * maximumScorePpm) / (cap - best))
    }),
  )
}
