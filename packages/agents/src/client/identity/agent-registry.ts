/** Agents on the ledger: reading, registering, changing, listing (specs/0023 section 1). */
import { type Address, KoinonError, secretKeyToAddress, signDigest, toAddress, zeroAddress } from '@koinon/base'
import {
  findAgent,
  isContractRefusal,
  type LedgerView,
  LogPager,
  revertNameOf,
  rpcUnreachable,
  type TransactionSender,
} from '@koinon/ledger'
import { identityRegistryAbi } from '@koinon/ledger/abis'
import { getAddress, parseEventLogs } from 'viem'
import { type AgentRef, formatAgentId } from '../../rules/identity/agent-id.ts'
import { contentIdOf } from '../../rules/identity/content-uri.ts'
import { walletProofDigest } from '../../rules/identity/wallet-proof.ts'

/** An account that may write to the registries. */
export type AgentAccount = LedgerView & { readonly sender: Pick<TransactionSender, 'address' | 'call'> }

/** What the ledger says of an agent. `wallet` is undefined when none has proved itself since the last transfer. */
export type AgentRecord = {
  readonly ref: AgentRef
  readonly owner: Address
  readonly wallet: Address | undefined
  readonly uri: string
}

export type ListedAgent = { readonly agentId: bigint; readonly owner: Address; readonly uri: string }

/** Seconds that a wallet's proof is good for; the registry takes up to 300. */
const proofSeconds = 240n

export function agentRefOf({ network }: Pick<LedgerView, 'network'>, agentId: bigint): AgentRef {
  return { chainId: network.chainId, registry: network.contracts.identity, agentId }
}

/** Throws `agents/no-agent` and `ledger/rpc-unreachable` (later). */
export async function readAgent({ network, reader }: LedgerView, agentId: bigint): Promise<AgentRecord> {
  const registry = { address: network.contracts.identity, abi: identityRegistryAbi } as const
  const ref = agentRefOf({ network }, agentId)
  try {
    const [owner, wallet, uri] = await Promise.all([
      reader.readContract({ ...registry, functionName: 'ownerOf', args: [agentId] }),
      reader.readContract({ ...registry, functionName: 'getAgentWallet', args: [agentId] }),
      reader.readContract({ ...registry, functionName: 'tokenURI', args: [agentId] }),
    ])
    return { ref, owner: toAddress(owner), wallet: wallet === zeroAddress ? undefined : toAddress(wallet), uri }
  } catch (cause) {
    if (!isContractRefusal(cause)) throw rpcUnreachable('whose agent that is', cause)
    if (revertNameOf(cause) !== 'ERC721NonexistentToken') throw cause
    throw new KoinonError({
      code: 'agents/no-agent',
      message: `There is no agent ${formatAgentId(ref)}`,
      hint: 'See which agents there are: koinon agent list',
      cause,
    })
  }
}

/**
 * Registers an agent of the sending account under the URI of its file and returns its id. Throws `agents/bad-agent-uri` for what is
 * neither an address on the web nor the hash of its content, and as `TransactionSender.call`.
 */
export async function registerAgent({ network, sender }: AgentAccount, uri: string): Promise<bigint> {
  requireFetchable(uri)
  const registry = { address: network.contracts.identity, abi: identityRegistryAbi } as const
  const receipt = await sender.call({ ...registry, functionName: 'register', args: [uri] })
  const [registered] = parseEventLogs({ abi: identityRegistryAbi, eventName: 'Registered', logs: receipt.logs })
  if (registered === undefined) {
    throw new KoinonError({
      code: 'agents/not-registered',
      message: 'The identity registry confirmed no new agent',
      hint: 'See whether it is there before trying again: koinon agent list',
      retry: 'unknown',
    })
  }
  return registered.args.agentId
}

/** Replaces the URI of the file. Throws as {@link registerAgent}. */
export async function setAgentUri({ network, sender }: AgentAccount, agentId: bigint, uri: string): Promise<void> {
  requireFetchable(uri)
  await sender.call({
    address: network.contracts.identity,
    abi: identityRegistryAbi,
    functionName: 'setAgentURI',
    args: [agentId, uri],
  })
}

/** Makes the account of `walletKey` the one that is paid; the sender owns the agent. Both sign, so neither can be named unasked. */
export async function setAgentWallet(
  membership: AgentAccount,
  agentId: bigint,
  walletKey: Uint8Array,
): Promise<Address> {
  const { network, reader, sender } = membership
  const { ref, owner } = await readAgent(membership, agentId)
  const { timestamp } = await reader.getBlock({ blockTag: 'latest' })
  const now = BigInt(Math.floor(Date.now() / 1000))
  // A chain that mines on demand may have stood still for long: its clock counts, and its next block is not before now.
  const deadlineSeconds = (timestamp > now ? timestamp : now) + proofSeconds
  const wallet = secretKeyToAddress(walletKey)
  const signature = signDigest(walletProofDigest(ref, { wallet, owner, deadlineSeconds }), walletKey)
  await sender.call({
    address: network.contracts.identity,
    abi: identityRegistryAbi,
    functionName: 'setAgentWallet',
    args: [agentId, getAddress(wallet), deadlineSeconds, signature],
  })
  return wallet
}

/** The first agent that the account owns and is the wallet of; undefined when there is none. */
export function findAgentOf({ network, reader }: LedgerView, account: Address): Promise<bigint | undefined> {
  return findAgent(reader, network.contracts.identity, account)
}

/** All agents, from the registry's events. */
export async function listAgents({ network, reader }: LedgerView): Promise<readonly ListedAgent[]> {
  const pager = new LogPager()
  const agents = new Map<bigint, ListedAgent>()
  const head = await reader.getBlockNumber({ cacheTime: 0 })
  for (let next = BigInt(network.startBlock); next <= head; ) {
    const page = await pager.next({ fromBlock: next, toBlock: head }, (span) =>
      reader.getLogs({ address: network.contracts.identity, events: agentEvents, strict: true, ...span }),
    )
    for (const { eventName, args } of page.logs) {
      const agentId = eventName === 'Transfer' ? args.tokenId : args.agentId
      const known = agents.get(agentId) ?? { agentId, owner: zeroAddress, uri: '' }
      if (eventName === 'Transfer') agents.set(agentId, { ...known, owner: toAddress(args.to) })
      else agents.set(agentId, { ...known, uri: eventName === 'Registered' ? args.agentURI : args.newURI })
    }
    next = page.toBlock + 1n
  }
  return [...agents.values()].sort((a, b) => (a.agentId < b.agentId ? -1 : 1))
}

const agentEvents = identityRegistryAbi.filter(
  (item) =>
    item.type === 'event' && (item.name === 'Registered' || item.name === 'URIUpdated' || item.name === 'Transfer'),
) as Extract<(typeof identityRegistryAbi)[number], { type: 'event'; name: 'Registered' | 'URIUpdated' | 'Transfer' }>[]

function requireFetchable(uri: string): void {
  const isWeb = /^https?:\/\//.test(uri) && URL.canParse(uri)
  if (uri.length <= 2_048 && (isWeb || contentIdOf(uri) !== undefined)) return
  throw new KoinonError({
    code: 'agents/bad-agent-uri',
    message: `"${uri.slice(0, 80)}" is neither a web address nor the hash of a file (ipfs://...)`,
    hint: 'A data URI would cost five times the gas, and every change of the file again. Serve the file, and register its address.',
  })
}
