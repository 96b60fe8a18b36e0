/** Finding an account's ERC-8004 agent by calls alone: logs would be asked for over the chain's whole age, which no RPC answers at once. */
import { type Address, toAddress } from '@koinon/base'
import type { LedgerReader } from './clients.ts'
import { identityRegistryAbi } from './generated/identity-registry.ts'
import { revertNameOf } from './revert-name.ts'
import { rpcUnreachable } from './rpc-unreachable.ts'

/** Agents looked at in one turn, in at most four calls of the node at once. */
const agentsPerTurn = 400
/** Of call data in one `eth_call`, so that Multicall3's code and the calls together stay below the limit of a creation (EIP-3860). */
const bytesPerCall = 36 * 100

/**
 * The agent with the lowest id that `account` owns and is the wallet of; undefined when there is none. Relies on the registry counting
 * its agents from 0 without gaps. Throws `ledger/rpc-unreachable` (later) when the ledger does not say.
 */
export async function findAgent(
  reader: LedgerReader,
  registry: Address,
  account: Address,
  perTurn = agentsPerTurn,
): Promise<bigint | undefined> {
  for await (const agentId of ownedAgents(reader, registry, account, perTurn)) {
    const identity = { address: registry, abi: identityRegistryAbi } as const
    const wallet = await asked(reader.readContract({ ...identity, functionName: 'getAgentWallet', args: [agentId] }))
    if (toAddress(wallet) === account) return agentId
  }
  return undefined
}

/** As {@link findAgent}, whatever its wallet is. */
export async function findOwnedAgent(
  reader: LedgerReader,
  registry: Address,
  account: Address,
): Promise<bigint | undefined> {
  for await (const agentId of ownedAgents(reader, registry, account, agentsPerTurn)) return agentId
  return undefined
}

async function* ownedAgents(
  reader: LedgerReader,
  registry: Address,
  account: Address,
  perTurn: number,
): AsyncGenerator<bigint> {
  const identity = { address: registry, abi: identityRegistryAbi } as const
  const owned = await asked(reader.readContract({ ...identity, functionName: 'balanceOf', args: [account] }))
  let seen = 0n
  for (let first = 0n; seen < owned; first += BigInt(perTurn)) {
    const agentIds = Array.from({ length: perTurn }, (_, index) => first + BigInt(index))
    const owners = await asked(ownersOf(reader, registry, agentIds))
    for (const [index, owner] of owners.entries()) {
      if (owner !== account) continue
      seen += 1n
      yield first + BigInt(index)
    }
    if (owners.length < perTurn) return
  }
}

/** Owners of consecutive agents, up to the first that does not exist. */
async function ownersOf(reader: LedgerReader, registry: Address, agentIds: readonly bigint[]): Promise<Address[]> {
  const answers = await reader.multicall({
    contracts: agentIds.map(
      (agentId) => ({ address: registry, abi: identityRegistryAbi, functionName: 'ownerOf', args: [agentId] }) as const,
    ),
    batchSize: bytesPerCall,
    deployless: reader.chain.contracts?.multicall3 === undefined,
  })
  const owners: Address[] = []
  for (const answer of answers) {
    if (answer.status === 'failure') {
      if (revertNameOf(answer.error) === 'ERC721NonexistentToken') break
      throw answer.error
    }
    owners.push(toAddress(answer.result))
  }
  return owners
}

async function asked<value>(answer: Promise<value>): Promise<value> {
  try {
    return await answer
  } catch (cause) {
    throw rpcUnreachable('which identity the account has', cause)
  }
}
