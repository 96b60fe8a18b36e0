/** How a validator turns the scores of all miners into a weight row (specs/0016-subnet-files.md section 6). Integers only. */

import { badDefinition, isWhole } from '../definition-head.ts'
import { maximumScorePpm } from '../evidence.ts'
import { expQ64, oneQ64, powQ64 } from '../fixed/q64.ts'
import { upscaleScores, type WeightRow } from '../weight-row.ts'

/**
 * `linear` weights are the scores; `topk` those of the best (10 unless said); `wta` pays the best alone; `softmax` is e^(score / t), t in
 * millionths (100,000 unless said), of scores above 0; `powerHalves` h is score^(h/2). Ties go to the lower uid.
 */
export type WeightPolicy =
  | 'linear'
  | 'softmax'
  | 'topk'
  | 'wta'
  | { readonly topk: number }
  | { readonly softmaxPpm: number }
  | { readonly powerHalves: number }

type Scored = { readonly uid: number; readonly scorePpm: number }
type Policy = { readonly text: string; weigh(scores: readonly Scored[]): readonly { uid: number; score: bigint }[] }

/** The policy with its defaults, as text for the spec hash and as a function. Throws `subnets/bad-definition` naming `field` for what is none. */
export function weightPolicyOf(policy: WeightPolicy = 'linear', field = 'weights'): Policy {
  if (policy === 'linear') return { text: 'linear', weigh: (scores) => scores.map(linear) }
  if (policy === 'wta') return best(1, 'wta')
  if (policy === 'topk') return best(10, 'topk 10')
  if (policy === 'softmax') return softmax(100_000)
  if (typeof policy === 'object' && policy !== null) {
    if ('topk' in policy && isWhole(policy.topk, 1, 256)) return best(policy.topk, `topk ${policy.topk}`)
    if ('softmaxPpm' in policy && isWhole(policy.softmaxPpm, 20_000, 1_000_000)) return softmax(policy.softmaxPpm)
    if ('powerHalves' in policy && isWhole(policy.powerHalves, 1, 16)) return power(policy.powerHalves)
  }
  throw badDefinition(
    field,
    "must be 'linear', 'softmax', 'topk', 'wta', { topk: 1-256 }, { softmaxPpm: 20000-1000000 } or { powerHalves: 1-16 }",
  )
}

/** The row that follows from scores in millionths. */
export function weightRow(policy: WeightPolicy, scores: readonly Scored[]): WeightRow {
  return upscaleScores(weightPolicyOf(policy).weigh(scores))
}

function best(count: number, text: string): Policy {
  return {
    text,
    weigh: (scores) =>
      [...scores]
        .sort((a, b) => b.scorePpm - a.scorePpm || a.uid - b.uid)
        .slice(0, count)
        .map(linear),
  }
}

function softmax(temperaturePpm: number): Policy {
  return {
    text: `softmax ${temperaturePpm}`,
    weigh: (scores) => {
      const most = Math.max(0, ...scores.map(({ scorePpm }) => scorePpm))
      const weight = (scorePpm: number): bigint =>
        scorePpm === 0 ? 0n : expQ64((BigInt(scorePpm - most) * oneQ64) / BigInt(temperaturePpm))
      return scores.map(({ uid, scorePpm }) => ({ uid, score: weight(scorePpm) }))
    },
  }
}

function power(halves: number): Policy {
  const exponent = (BigInt(halves) * oneQ64) / 2n
  const raised = (scorePpm: number): bigint => powQ64((BigInt(scorePpm) * oneQ64) / BigInt(maximumScorePpm), exponent)
  return {
    text: `powerHalves ${halves}`,
    weigh: (scores) => scores.map(({ uid, scorePpm }) => ({ uid, score: raised(scorePpm) })),
  }
}

function linear({ uid, scorePpm }: Scored): { readonly uid: number; readonly score: bigint } {
  return { uid, score: BigInt(scorePpm) }
}
