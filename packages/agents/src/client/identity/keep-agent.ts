/** One agent of one account: registered once, whatever is killed on the way, and kept where it is now (specs/0023 section 1.3). */
import { type Address, isKoinonError, KoinonError, secretKeyToAddress, sleep } from '@koinon/base'
import { findOwnedAgent, type LedgerReader } from '@koinon/ledger'
import { type AgentAccount, readAgent, registerAgent, setAgentUri, setAgentWallet } from './agent-registry.ts'

export type KeptAgent = {
  readonly agentId: bigint
  /** What was sent to the ledger; nothing when it said all this already. */
  readonly sent: readonly ('registered' | 'uri' | 'wallet')[]
}

export type WantedAgent = {
  /** Where its file is. */
  readonly uri: string
  /** Key of the account that is paid, where it is another than the owner. */
  readonly walletKey?: Uint8Array
  /** The id as somebody noted it; looked up when it is not this account's, or absent. */
  readonly knownId?: bigint
  /** How long a transaction of an earlier process is waited for; a minute unless given. */
  readonly patienceMs?: number
}

const patienceMs = 60_000
const pollMs = 250

/**
 * Registers the account's agent, or makes the one that it owns say `uri` and the wallet. The account must have no other use: what it sent before
 * is waited for, so that a transaction of a process that died is found instead of sent again, and both would have the same nonce. One process
 * at a time. Throws `agents/registration-under-way` (later) and as `registerAgent`.
 */
export async function keepAgent(account: AgentAccount, wanted: WantedAgent): Promise<KeptAgent> {
  const { network, reader, sender } = account
  await waitForOwn(reader, sender.address, wanted.patienceMs ?? patienceMs)
  const agentId =
    (await ownOf(account, wanted.knownId)) ?? (await findOwnedAgent(reader, network.contracts.identity, sender.address))
  const sent: KeptAgent['sent'][number][] = []
  const id = agentId ?? (await registerAgent(account, wanted.uri))
  if (agentId === undefined) sent.push('registered')
  const { uri, wallet } = await readAgent(account, id)
  if (uri !== wanted.uri) {
    await setAgentUri(account, id, wanted.uri)
    sent.push('uri')
  }
  const { walletKey } = wanted
  if (walletKey !== undefined && wallet !== secretKeyToAddress(walletKey)) {
    await setAgentWallet(account, id, walletKey)
    sent.push('wallet')
  }
  return { agentId: id, sent }
}

async function ownOf(account: AgentAccount, agentId: bigint | undefined): Promise<bigint | undefined> {
  if (agentId === undefined) return undefined
  try {
    return (await readAgent(account, agentId)).owner === account.sender.address ? agentId : undefined
  } catch (error) {
    if (isKoinonError(error) && error.code === 'agents/no-agent') return undefined
    throw error
  }
}

async function waitForOwn(reader: LedgerReader, address: Address, waitMs: number): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += pollMs) {
    const [mined, sent] = await Promise.all([
      reader.getTransactionCount({ address, blockTag: 'latest' }),
      reader.getTransactionCount({ address, blockTag: 'pending' }),
    ])
    if (sent <= mined) return
    if (waitedMs >= waitMs) {
      throw new KoinonError({
        code: 'agents/registration-under-way',
        message: `A transaction of ${address} is not mined yet; it may be this agent's registration`,
        hint: 'Start the agent again later: it looks first whether it is registered by then.',
        retry: 'later',
      })
    }
    await sleep(pollMs)
  }
}
