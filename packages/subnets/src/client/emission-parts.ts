/** How a subnet divides its new alpha between its owner, its miners and its validators (specs/0020-pool-emission.md section 2). */
import type { Address } from '@koinon/base'
import { poolEmissionAbi } from '@koinon/ledger/abis'
import type { AlphaParts } from '../rules/emission/coinbase.ts'
import { partsDelaySeconds } from '../rules/emission/constants.ts'
import { callContract } from './call-contract.ts'
import type { PoolAccount } from './pool-trades.ts'
import type { PoolView } from './pools.ts'

type WithEmission<view extends PoolView> = view & {
  readonly network: { readonly contracts: { readonly emission: Address } }
}

/** The parts in force, and those that were announced and are not yet. */
export async function readParts(
  { network, reader }: WithEmission<PoolView>,
  netuid: number,
): Promise<{ readonly now: AlphaParts; readonly announced: AlphaParts | undefined }> {
  const { timestamp } = await reader.getBlock({ blockTag: 'pending' })
  const at = async (seconds: bigint): Promise<AlphaParts> => {
    const [ownerBps, minersBps, validatorsBps] = await reader.readContract({
      address: network.contracts.emission,
      abi: poolEmissionAbi,
      functionName: 'partsOf',
      args: [netuid, seconds],
      blockTag: 'pending',
    })
    return { ownerBps: Number(ownerBps), minersBps: Number(minersBps), validatorsBps: Number(validatorsBps) }
  }
  const [now, later] = await Promise.all([at(timestamp), at(timestamp + BigInt(partsDelaySeconds) + 1n)])
  const isSame = now.ownerBps === later.ownerBps && now.minersBps === later.minersBps
  return { now, announced: isSame ? undefined : later }
}

/** Announces other parts as the subnet's owner; the validators get the rest. Throws `ledger/not-owner`, and `ledger/refused` out of bounds. */
export async function announceParts(
  account: WithEmission<PoolAccount>,
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
