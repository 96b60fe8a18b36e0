/** Joining and leaving a subnet, as one account: an ERC-8004 identity, a neuron with an endpoint, stake. Every step looks first. */
import { type Address, KoinonError, toAddress } from '@koinon/base'
import { BaseError, ContractFunctionRevertedError, maxUint256, parseEventLogs } from 'viem'
import { findAgent } from './agents.ts'
import type { LedgerReader } from './clients.ts'
import { identityRegistryAbi } from './generated/identity-registry.ts'
import { koinonTokenAbi } from './generated/koinon-token.ts'
import { stakingAbi } from './generated/staking.ts'
import { subnetsAbi } from './generated/subnets.ts'
import type { NetworkFile } from './network-file.ts'
import type { TransactionSender } from './sender.ts'

export type Membership = {
  readonly network: NetworkFile
  readonly reader: LedgerReader
  readonly sender: TransactionSender
}

/** A subnet's seat as the ledger has it. Amounts in 1e-18 KOIN. */
export type NeuronRecord = {
  readonly uid: number
  readonly hotkey: Address
  readonly agentId: bigint
  readonly endpoint: string
  readonly registeredAtSeconds: number
}

/** A read about one subnet; when the ledger has no such subnet it fails with `ledger/no-subnet` instead of a revert. */
export async function ofSubnet<value>(netuid: number, read: Promise<value>): Promise<value> {
  try {
    return await read
  } catch (cause) {
    if (!isMissing(cause)) throw cause
    throw new KoinonError({
      code: 'ledger/no-subnet',
      message: `There is no subnet ${netuid} on this network`,
      hint: 'Subnets are numbered from 1 on; the page and /api/network of a gateway show the one that it serves.',
      details: { netuid, status: 404 },
      cause,
    })
  }
}

function isMissing(error: unknown): boolean {
  const revert = error instanceof BaseError && error.walk((cause) => cause instanceof ContractFunctionRevertedError)
  return revert instanceof ContractFunctionRevertedError && revert.data?.errorName === 'SubnetNotFound'
}

/** All neurons of a subnet by uid. */
export async function readNeurons(
  reader: LedgerReader,
  network: NetworkFile,
  netuid: number,
): Promise<readonly NeuronRecord[]> {
  const neurons = await reader.readContract({
    address: network.contracts.subnets,
    abi: subnetsAbi,
    functionName: 'neurons',
    args: [netuid],
  })
  return neurons.map((neuron) => ({
    uid: neuron.uid,
    hotkey: toAddress(neuron.hotkey),
    agentId: neuron.agentId,
    endpoint: neuron.endpoint,
    registeredAtSeconds: Number(neuron.registeredAt),
  }))
}

/** Makes the account a neuron that is reached at `endpoint`; registers, or only moves the endpoint. Returns the seat. */
export async function joinSubnet(membership: Membership, netuid: number, endpoint: string): Promise<NeuronRecord> {
  const { network, reader, sender } = membership
  const subnets = { address: network.contracts.subnets, abi: subnetsAbi } as const
  // First, so that nobody registers an identity for a subnet that is not there.
  const { registrationBurn } = await ofSubnet(
    netuid,
    reader.readContract({ ...subnets, functionName: 'subnet', args: [netuid] }),
  )
  const seat = await findSeat(membership, netuid)
  if (seat === undefined) {
    const agentId = await ensureIdentity(membership, endpoint)
    await ensureAllowance(membership, network.contracts.subnets, registrationBurn)
    await sender.call({ ...subnets, functionName: 'register', args: [netuid, agentId, endpoint] })
  } else if (seat.endpoint !== endpoint) {
    await sender.call({ ...subnets, functionName: 'setEndpoint', args: [netuid, sender.address, endpoint] })
  }
  const joined = await findSeat(membership, netuid)
  if (joined === undefined) {
    throw new KoinonError({
      code: 'ledger/not-registered',
      message: `Account ${sender.address} is not registered on subnet ${netuid} after all`,
      hint: 'It may have been evicted at once because the subnet is full; try again later.',
      retry: 'later',
    })
  }
  return joined
}

/** Gives the seat back. Does nothing when there is none. */
export async function leaveSubnet(membership: Membership, netuid: number): Promise<void> {
  if ((await findSeat(membership, netuid)) === undefined) return
  const { network, sender } = membership
  await sender.call({
    address: network.contracts.subnets,
    abi: subnetsAbi,
    functionName: 'deregister',
    args: [netuid, sender.address],
  })
}

/** Raises the account's own stake on its own hotkey to at least `amount`. */
export async function ensureOwnStake(membership: Membership, netuid: number, amount: bigint): Promise<void> {
  const { network, reader, sender } = membership
  const staking = { address: network.contracts.staking, abi: stakingAbi } as const
  const staked = await reader.readContract({
    ...staking,
    functionName: 'positionOf',
    args: [netuid, sender.address, sender.address],
  })
  if (staked >= amount) return
  await ensureAllowance(membership, network.contracts.staking, amount - staked)
  await sender.call({ ...staking, functionName: 'stake', args: [netuid, sender.address, amount - staked] })
}

/** The account's seat on a subnet, if it has one. */
export async function findSeat(
  { network, reader, sender }: Membership,
  netuid: number,
): Promise<NeuronRecord | undefined> {
  const neurons = await readNeurons(reader, network, netuid)
  return neurons.find((neuron) => neuron.hotkey === sender.address)
}

/** The account's ERC-8004 agent, registered now if it has none. Returns its id. */
export async function ensureIdentity({ network, reader, sender }: Membership, agentUri: string): Promise<bigint> {
  const identity = { address: network.contracts.identity, abi: identityRegistryAbi } as const
  const agentId = await findAgent(reader, identity.address, toAddress(sender.address))
  if (agentId !== undefined) return agentId
  const receipt = await sender.call({ ...identity, functionName: 'register', args: [agentUri] })
  const [registered] = parseEventLogs({ abi: identityRegistryAbi, eventName: 'Registered', logs: receipt.logs })
  if (registered === undefined) {
    throw new KoinonError({
      code: 'ledger/not-registered',
      message: 'The identity registry confirmed no new agent',
      retry: 'unknown',
    })
  }
  return registered.args.agentId
}

/** Approves exactly what is needed now, never without limit. */
async function ensureAllowance(
  { network, reader, sender }: Membership,
  spender: Address,
  amount: bigint,
): Promise<void> {
  const token = { address: network.contracts.token, abi: koinonTokenAbi } as const
  const allowed = await reader.readContract({ ...token, functionName: 'allowance', args: [sender.address, spender] })
  if (allowed >= amount || amount > maxUint256) return
  const balance = await reader.readContract({ ...token, functionName: 'balanceOf', args: [sender.address] })
  if (balance < amount) {
    throw new KoinonError({
      code: 'ledger/too-little-koin',
      message: `Account ${sender.address} holds ${balance} of the ${amount} (1e-18 KOIN) that are needed`,
      hint: 'Send it KOIN first; on a test network: koinon wallet faucet.',
    })
  }
  await sender.call({ ...token, functionName: 'approve', args: [spender, amount] })
}
