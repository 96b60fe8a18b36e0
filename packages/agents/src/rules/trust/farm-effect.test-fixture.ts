import type { FarmWorld } from './farm-world.test-fixture.ts'
import { defaultTrustParameters, type TrustParameters } from './trust-input.ts'
import { type TrustScore, trustScores } from './trust-scores.ts'

/** What a farm changed, millionths of the scale, and places on the list of honest agents and the farm's own. */
export type FarmEffect = {
  readonly rivalScoreMicro: number
  readonly rivalPlaces: number
  readonly ownScoreMicro: number
  readonly ownPlaces: number
  /** The largest change of any honest agent's score. */
  readonly mostMicro: number
  readonly places: number
}

/** Scores a market without and with its farm. Agents that only the farm added do not take places. */
export function farmEffect(
  { before, after, rival, own }: FarmWorld,
  parameters: TrustParameters = defaultTrustParameters,
): FarmEffect {
  const known = new Set(before.agents.map(({ agentId }) => agentId))
  const [was, is] = [before, after].map((input) =>
    trustScores(input, parameters).filter(({ agentId }) => known.has(agentId)),
  ) as [TrustScore[], TrustScore[]]
  const score = (scores: readonly TrustScore[], id: string): number =>
    scores.find(({ agentId }) => agentId === id)?.scoreMicro ?? 0
  const place = (scores: readonly TrustScore[], id: string): number =>
    scores.filter(({ scoreMicro }) => scoreMicro > score(scores, id)).length
  const change = (id: string): number => score(is, id) - score(was, id)
  return {
    rivalScoreMicro: change(rival),
    rivalPlaces: place(is, rival) - place(was, rival),
    ownScoreMicro: change(own),
    ownPlaces: place(is, own) - place(was, own),
    mostMicro: Math.max(
      ...was.filter(({ agentId }) => agentId !== own).map(({ agentId }) => Math.abs(change(agentId))),
    ),
    places: was.length,
  }
}
