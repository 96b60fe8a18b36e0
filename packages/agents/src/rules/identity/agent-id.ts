/** Names of agents (ERC-8004, specs/0023 section 1). */
import { type Address, KoinonError, toAddress } from '@koinon/base'

/** One agent among all chains: `eip155:<chainId>:<identityRegistry>:<agentId>`. */
export type AgentRef = { readonly chainId: number; readonly registry: Address; readonly agentId: bigint }

/** The registry's name as it stands in registration and feedback files, in lower case. */
export function agentRegistryOf({ chainId, registry }: Pick<AgentRef, 'chainId' | 'registry'>): string {
  return `eip155:${chainId}:${registry}`
}

/** An account's name as it stands in feedback files. */
export function accountNameOf(chainId: number, account: Address): string {
  return `eip155:${chainId}:${account}`
}

export function formatAgentId(ref: AgentRef): string {
  return `${agentRegistryOf(ref)}:${ref.agentId}`
}

/**
 * Reads `eip155:<chainId>:<registry>:<agentId>`; with a registry at hand also `<chainId>:<agentId>` and `<agentId>`, as SDKs and people
 * write them. Throws `agents/bad-agent-id`, also when the id is of another chain or registry than the one at hand.
 */
export function parseAgentId(text: string, here?: Pick<AgentRef, 'chainId' | 'registry'>): AgentRef {
  const full = /^eip155:([1-9]\d{0,15}):(0x[0-9a-fA-F]{40}):(0|[1-9]\d{0,77})$/.exec(text)
  if (full !== null) {
    const ref = { chainId: Number(full[1]), registry: toAddress(full[2] as string), agentId: word(text, full[3]) }
    if (here !== undefined && (ref.chainId !== here.chainId || ref.registry !== here.registry)) {
      throw badId(text, `is not of the registry ${agentRegistryOf(here)}`)
    }
    return ref
  }
  const short = /^(?:([1-9]\d{0,15}):)?(0|[1-9]\d{0,77})$/.exec(text)
  if (short === null || here === undefined) throw badId(text, 'is not an agent id')
  if (short[1] !== undefined && Number(short[1]) !== here.chainId) throw badId(text, `is not of chain ${here.chainId}`)
  return { ...here, agentId: word(text, short[2]) }
}

/** Chain and registry of `eip155:<chainId>:<registry>`; undefined when it is no such name. */
export function parseAgentRegistry(text: string): Pick<AgentRef, 'chainId' | 'registry'> | undefined {
  const parts = /^eip155:([1-9]\d{0,15}):(0x[0-9a-fA-F]{40})$/.exec(text)
  return parts === null ? undefined : { chainId: Number(parts[1]), registry: toAddress(parts[2] as string) }
}

function word(text: string, digits: string | undefined): bigint {
  const value = BigInt(digits ?? '')
  if (value >> 256n !== 0n) throw badId(text, 'is too large')
  return value
}

function badId(text: string, problem: string): KoinonError {
  return new KoinonError({
    code: 'agents/bad-agent-id',
    message: `"${text.slice(0, 120)}" ${problem}`,
    hint: 'Write the number of an agent of this network, or its whole name: eip155:CHAIN:REGISTRY:NUMBER.',
  })
}
