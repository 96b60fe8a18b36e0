/** Several mechanisms of one subnet: what each gives to whom (specs/0016-subnet-files.md section 8). Integers only. */
import { maximumScorePpm } from '../evidence.ts'
import { apportion } from '../shares.ts'
import type { ScoreAggregate } from './score-aggregate.ts'
import { type WeightPolicy, weightPolicyOf } from './weight-policy.ts'

/** Most mechanisms of a subnet, and what their shares sum to. */
export const maximumMechanisms = 8
export const wholeBps = 10_000

/** A mechanism as it can be described without running it; its questions are the next `tasks` after those of the mechanisms before. */
export type MechanismDescription = {
  readonly name: string
  readonly shareBps: number
  readonly tasks: number
  readonly aggregate: ScoreAggregate | 'function'
  readonly weights: WeightPolicy
}

/** The mechanism's share of a million in proportion to the weights of the scores, by largest remainder, ties to the lower uid; by uid. */
export function mechanismParts(
  { shareBps, weights }: Pick<MechanismDescription, 'shareBps' | 'weights'>,
  scores: readonly { readonly uid: number; readonly scorePpm: number }[],
): ReadonlyMap<number, number> {
  const weighed = [...weightPolicyOf(weights).weigh(scores)].sort((a, b) => a.uid - b.uid)
  const whole = (BigInt(maximumScorePpm) * BigInt(shareBps)) / BigInt(wholeBps)
  const parts = apportion(
    weighed.map(({ score }) => score),
    whole,
  )
  return new Map(weighed.map(({ uid }, index) => [uid, Number(parts[index])]))
}

/** Where each mechanism's questions begin among all questions of an epoch. */
export function firstTasks(mechanisms: readonly { readonly tasks: number }[]): readonly number[] {
  let next = 0
  return mechanisms.map(({ tasks }) => {
    const first = next
    next += tasks
    return first
  })
}

/** Name under which a miner's evidence holds what a file's own aggregate made of a mechanism's scores. */
export function aggregateFact(mechanism: number): string {
  return `aggregatePpm ${mechanism}`
}
