/** Reputation of all agents from where the validators of the gateway's subnet stand (specs/0023 section 5). */
import { readTrust } from '@koinon/agents/client'
import { type TrustScore, type TrustSeed, trustScores } from '@koinon/agents/rules'
import type { Address } from '@koinon/base'
import { type LedgerView, listSubnets } from '@koinon/ledger'
import { createSubnetLedger } from '@koinon/subnets'
import type { TrustFromJson } from '@koinon/work/dashboard'

export type AgentTrust = {
  readonly from: TrustFromJson
  /** By the number of the agent, those with a wallet. */
  readonly scores: ReadonlyMap<string, TrustScore>
  readonly wallets: ReadonlyMap<string, Address>
}

/** Everything from the ledger itself: what it costs grows with its history. */
export async function readAgentTrust(view: LedgerView, netuid: number): Promise<AgentTrust> {
  const seeds = await validatorSeeds(view, netuid)
  const input = await readTrust(view, seeds)
  return {
    from: { netuid, validators: seeds.length },
    scores: new Map(trustScores(input).map((score) => [score.agentId, score])),
    wallets: new Map(input.agents.map(({ agentId, wallet }) => [agentId, wallet])),
  }
}

/** None on a network that has no such subnet. */
async function validatorSeeds(view: LedgerView, netuid: number): Promise<readonly TrustSeed[]> {
  if (!(await listSubnets(view)).includes(netuid)) return []
  const ledger = createSubnetLedger(view.reader, view.network)
  const permitted = await ledger.permittedAt(netuid, (await ledger.nowSeconds()) - 1)
  return permitted.map(({ hotkey, stake }) => ({ account: hotkey, weight: stake }))
}
