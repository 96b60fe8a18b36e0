/** Scores and ranks of agents from ratings that money stands behind (specs/0023 section 5.3). Pure integers, the same for everybody. */
import type { Address } from '@koinon/base'
import { influenceOf } from './influence.ts'
import { midmean } from './midmean.ts'
import { type MoneyGraph, moneyGraph } from './money-graph.ts'
import {
  defaultTrustParameters,
  neutralMicro,
  type RatedAgent,
  type Rating,
  type TrustInput,
  type TrustParameters,
  wholeInfluence,
  wholeMicro,
} from './trust-input.ts'

/** Why a rating does not count. `returned`: money went back to the reviewer; `noInfluence`: nobody trusted sold to it. */
export type LeftOutReason = 'badValue' | 'ownAgent' | 'noPayment' | 'returned' | 'belowMinimum' | 'noInfluence'

/** One rating that counted. `weight` is a share of all influence, 1e-18; `keptAtomic` what the reviewer paid the agent for good. */
export type CountedRating = {
  readonly reviewer: Address
  readonly valueMicro: number
  readonly weight: bigint
  readonly keptAtomic: bigint
}

export type LeftOutRating = {
  readonly reviewer: Address
  readonly valueMicro: number
  readonly reason: LeftOutReason
  readonly paidAtomic: bigint
}

/** An agent's reputation and all that it rests on. */
export type TrustScore = {
  readonly agentId: string
  /** 0 to 1,000,000; 500,000 where nothing is known. */
  readonly scoreMicro: number
  /** One more than the number of agents with a better score. */
  readonly rank: number
  /** All weight behind it, 1e-18 of all influence. */
  readonly weight: bigint
  /** Heaviest first. */
  readonly counted: readonly CountedRating[]
  readonly leftOut: readonly LeftOutRating[]
}

/** Scores of all agents of the input, best first. */
export function trustScores(
  input: TrustInput,
  parameters: TrustParameters = defaultTrustParameters,
): readonly TrustScore[] {
  const graph = moneyGraph(input, parameters.minimumPaidAtomic)
  const agents = new Map(input.agents.map((agent) => [agent.agentId, agent]))
  const ratings = lastRatings(input.ratings, agents)
  const refused = new Set(
    ratings.flatMap(({ reviewer, agentId, valueMicro }) =>
      valueMicro < neutralMicro ? [`${reviewer} ${agents.get(agentId)?.wallet}`] : [],
    ),
  )
  const influence = influenceOf(graph, input.seeds, parameters.rounds, (payer, seller) =>
    refused.has(`${payer} ${seller}`),
  )
  const judged = ratings.map((rating) => {
    const agent = agents.get(rating.agentId) as RatedAgent
    return { ...rating, wallet: agent.wallet, reason: reasonAgainst(rating, agent, graph, influence, parameters) }
  })
  const rated = new Map<Address, bigint>()
  for (const { reviewer, wallet, reason } of judged) {
    if (reason === undefined) rated.set(reviewer, (rated.get(reviewer) ?? 0n) + graph.kept(reviewer, wallet))
  }
  const prior = {
    valueMicro: neutralMicro,
    weight: (wholeInfluence * BigInt(parameters.priorMicro)) / BigInt(wholeMicro),
  }
  const byAgent = Map.groupBy(judged, ({ agentId }) => agentId)
  const scores = [...agents.keys()].map((agentId) => {
    const counted: CountedRating[] = []
    const leftOut: LeftOutRating[] = []
    for (const { reviewer, valueMicro, wallet, reason } of byAgent.get(agentId) ?? []) {
      const keptAtomic = graph.kept(reviewer, wallet)
      if (reason !== undefined) leftOut.push({ reviewer, valueMicro, reason, paidAtomic: graph.paid(reviewer, wallet) })
      else {
        const weight = ((influence.get(reviewer) ?? 0n) * keptAtomic) / (rated.get(reviewer) as bigint)
        counted.push({ reviewer, valueMicro, weight, keptAtomic })
      }
    }
    counted.sort((a, b) => compare(b.weight, a.weight) || compare(a.reviewer, b.reviewer))
    leftOut.sort((a, b) => compare(a.reviewer, b.reviewer))
    const weight = counted.reduce((sum, rating) => sum + rating.weight, 0n)
    return { agentId, scoreMicro: midmean([...counted, prior]), weight, counted, leftOut }
  })
  scores.sort((a, b) => b.scoreMicro - a.scoreMicro || compareIds(a.agentId, b.agentId))
  let [rank, last] = [0, Number.NaN]
  return scores.map((score, index) => {
    if (score.scoreMicro !== last) [rank, last] = [index + 1, score.scoreMicro]
    return { ...score, rank }
  })
}

function reasonAgainst(
  { reviewer, valueMicro }: Rating,
  { wallet, owner }: RatedAgent,
  graph: MoneyGraph,
  influence: ReadonlyMap<Address, bigint>,
  { minimumPaidAtomic }: TrustParameters,
): LeftOutReason | undefined {
  if (!Number.isInteger(valueMicro) || valueMicro < 0 || valueMicro > wholeMicro) return 'badValue'
  if (reviewer === wallet || reviewer === owner) return 'ownAgent'
  const paid = graph.paid(reviewer, wallet)
  if (paid === 0n) return 'noPayment'
  const kept = graph.kept(reviewer, wallet)
  if (kept === 0n || (kept < minimumPaidAtomic && paid >= minimumPaidAtomic)) return 'returned'
  if (kept < minimumPaidAtomic) return 'belowMinimum'
  return (influence.get(reviewer) ?? 0n) === 0n ? 'noInfluence' : undefined
}

/** One rating of each reviewer about each known agent, in an order of its own. */
function lastRatings(ratings: readonly Rating[], agents: ReadonlyMap<string, RatedAgent>): readonly Rating[] {
  const last = new Map<string, Rating>()
  for (const rating of ratings) if (agents.has(rating.agentId)) last.set(`${rating.reviewer} ${rating.agentId}`, rating)
  return [...last].sort(([a], [b]) => compare(a, b)).map(([, rating]) => rating)
}

/** Decimal ids by value, others as text. */
function compareIds(a: string, b: string): number {
  return a.length - b.length || compare(a, b)
}

function compare<value extends string | bigint>(a: value, b: value): number {
  return a < b ? -1 : a > b ? 1 : 0
}
