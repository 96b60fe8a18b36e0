import type { Address } from '@koinon/base'
import type { LedgerView } from '@koinon/ledger'
import { type FeedbackValue, ratingOfFeedback } from '../../rules/reputation/feedback-rating.ts'
import type { TrustInput, TrustSeed } from '../../rules/trust/trust-input.ts'
import { listAgents, readAgent } from '../identity/agent-registry.ts'
import { type LedgerFeedback, readFeedback } from './read-feedback.ts'
import { readSettledMoney } from './settled-money.ts'

/** Agents asked about at once. */
const agentsPerTurn = 50

/**
 * Everything that the trust of all agents follows from, read from the ledger alone: agents that have a wallet, unrevoked feedback, and the
 * money between reviewers and agents. `isBound` may leave out more, such as feedback whose file was not found.
 */
export async function readTrust(
  view: LedgerView,
  seeds: readonly TrustSeed[],
  isBound: (feedback: LedgerFeedback) => boolean = () => true,
): Promise<TrustInput> {
  const [listed, feedback] = await Promise.all([listAgents(view), readFeedback(view)])
  const agents: TrustInput['agents'][number][] = []
  for (let first = 0; first < listed.length; first += agentsPerTurn) {
    const turn = listed.slice(first, first + agentsPerTurn)
    const records = await Promise.all(turn.map(({ agentId }) => readAgent(view, agentId)))
    for (const { ref, owner, wallet } of records) {
      if (wallet !== undefined) agents.push({ agentId: `${ref.agentId}`, owner, wallet })
    }
  }
  const { payments, fundings } = await readSettledMoney(view, agents)
  const histories = new Map<string, { reviewer: Address; agentId: string; said: FeedbackValue[] }>()
  for (const item of feedback) {
    if (item.isRevoked || !isBound(item)) continue
    const agentId = `${item.agentId}`
    const key = `${item.client} ${agentId}`
    const history = histories.get(key) ?? { reviewer: item.client, agentId, said: [] }
    history.said.push(item)
    histories.set(key, history)
  }
  const ratings = [...histories.values()].flatMap(({ reviewer, agentId, said }) => {
    const valueMicro = ratingOfFeedback(said)
    return valueMicro === undefined ? [] : [{ reviewer, agentId, valueMicro }]
  })
  return { agents, payments, fundings, ratings, seeds }
}
