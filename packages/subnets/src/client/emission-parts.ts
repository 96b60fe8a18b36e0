/** How a subnet divides its new alpha between its owner, its miners and its validators (specs/0020-pool-emission.md section 2). */
import type { Address } from '@koinon/base'
import { poolEmissionAbi } from '@koinon/ledger/abis'
import type { AlphaParts } from '../rules/emission/coinbase.ts'
import { partsDelaySeconds } from '../rules/emission/constants.ts'
import { callContract } from './call-contract.ts'
import type { PoolAccount } from './pool-trades.ts'
import type { PoolView } from './pools.ts'

export type EmissionView = Pick<PoolView, 'reader'> & {
  readonly network: { readonly contracts: { readonly emission: Address } }
}

/** The parts in force, and those that were announced and are not yet. */
export async function readParts(
  view: EmissionView,
  netuid: number,
): Promise<{ readonly now: AlphaParts; readonly announced: AlphaParts | undefined }> {
  const { timestamp } = await view.reader.getBlock({ blockTag: 'pending' })
  const [now, later] = await Promise.all([
    readPartsAt(view, netuid, timestamp),
    readPartsAt(view, netuid, timestamp + BigInt(partsDelaySeconds) + 1n),
  ])
  return { now, announced: areSameParts(now, later) ? undefined : later }
}

/** The parts in force in a second (Unix), by what the next block would find. */
export async function readPartsAt(
  { network, reader }: EmissionView,
  netuid: number,
  seconds: bigint,
): Promise<AlphaParts> {
  const [ownerBps, minersBps, validatorsBps] = await reader.readContract({
    address: network.contracts.emission,
    abi: poolEmissionAbi,
    functionName: 'partsOf',
    args: [netuid, seconds],
    blockTag: 'pending',
  })
  return { ownerBps: Number(ownerBps), minersBps: Number(minersBps), validatorsBps: Number(validatorsBps) }
}

/** The validators' is the rest. */
export function areSameParts(one: AlphaParts, other: AlphaParts): boolean {
  return one.ownerBps === other.ownerBps && one.minersBps === other.minersBps
}

/** Announces other parts as the subnet's owner; the validators get the rest. Throws `ledger/not-owner`, and `ledger/refused` out of bounds. */
export async function announceParts(
  account: EmissionView & Pick<PoolAccount, 'sender'>,
  netuid: number,
  { ownerBps, minersBps }: Pick<AlphaParts, 'ownerBps' | 'minersBps'>,
): Promise<void> {
  await callContract(account, {
    address: account.network.contracts.emission,
    abi: poolEmissionAbi,
    functionName: 'announceParts',
    args: [netuid, BigInt(ownerBps), BigInt(minersBps)],
  })
}
