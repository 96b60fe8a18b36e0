/** What makes a hotkey a validator: weight in a subnet, and a permit that it asked for (specs/0014-pools.md). Every step looks first. */
import { formatAmount, KoinonError, toAddress, tokenDecimals } from '@koinon/base'
import type { Membership } from '@koinon/ledger'
import { alphaStakingAbi, permitsAbi, subnetsAbi } from '@koinon/ledger/abis'
import { rootNetuid, stakeOn } from './alpha-stake.ts'

const oneToken = 10n ** BigInt(tokenDecimals)

/**
 * Raises the account's own stake of KOIN on the root, on its own hotkey, to at least `amount`: it counts in every subnet where the hotkey
 * has a seat, 16 at most. Throws `ledger/too-little-koin` and as `TransactionSender.call`.
 */
export async function ensureRootStake(membership: Membership, amount: bigint): Promise<void> {
  const { network, reader, sender } = membership
  const staking = { address: network.contracts.staking, abi: alphaStakingAbi } as const
  const hotkey = toAddress(sender.address)
  const [, staked] = await reader.readContract({
    ...staking,
    functionName: 'positionOf',
    args: [rootNetuid, hotkey, hotkey],
  })
  // A position may be worth a unit less than was staked.
  if (staked + 1n < amount) await stakeOn(membership, { netuid: rootNetuid, hotkey, amount: amount - staked })
}

/**
 * Raises the weight of the account's hotkey in a subnet to at least `weight`, in alpha, by KOIN of its own on the root; what is staked
 * there and in the subnet already counts. Throws `ledger/root-weighs-nothing`, `ledger/too-little-koin` and as `TransactionSender.call`.
 */
export async function ensureWeight(membership: Membership, netuid: number, weight: bigint): Promise<void> {
  const { network, reader, sender } = membership
  const staking = { address: network.contracts.staking, abi: alphaStakingAbi } as const
  const hotkey = toAddress(sender.address)
  const [weighs, rootWeight] = await Promise.all([
    reader.readContract({ ...staking, functionName: 'weightOf', args: [netuid, hotkey] }),
    reader.readContract({ ...staking, functionName: 'rootWeight' }),
  ])
  if (weighs >= weight) return
  if (rootWeight === 0n) {
    throw new KoinonError({
      code: 'ledger/root-weighs-nothing',
      message: `The hotkey weighs ${formatAmount(weighs)} of the ${formatAmount(weight)} alpha needed, and KOIN on the root counts for nothing here`,
      hint: `Buy alpha of the subnet and stake it: koinon subnet stake ${netuid}`,
      details: { netuid },
    })
  }
  const amount = ((weight - weighs) * oneToken + rootWeight - 1n) / rootWeight
  await stakeOn(membership, { netuid: rootNetuid, hotkey, amount })
}

/**
 * Asks for a permit in a subnet unless the account's hotkey did so already: without that no stake makes it a validator. One that asked,
 * has none and weighs enough is looked at again, because a place that became free is filled for whoever asks.
 */
export async function ensurePermitSought({ network, reader, sender }: Membership, netuid: number): Promise<void> {
  const { permits: address, staking, subnets } = network.contracts
  const permits = { address, abi: permitsAbi } as const
  const ofHotkey = [netuid, toAddress(sender.address)] as const
  if (!(await reader.readContract({ ...permits, functionName: 'isSeeking', args: ofHotkey }))) {
    await sender.call({ ...permits, functionName: 'seekPermit', args: [netuid, true] })
    return
  }
  const [permitted, weight, minimum] = await Promise.all([
    reader.readContract({ ...permits, functionName: 'permittedStakeOf', args: ofHotkey }),
    reader.readContract({ address: staking, abi: alphaStakingAbi, functionName: 'weightOf', args: ofHotkey }),
    reader.readContract({ address: subnets, abi: subnetsAbi, functionName: 'minValidatorStakeOf', args: [netuid] }),
  ])
  if (permitted > 0n || weight < minimum) return
  await sender.call({ ...permits, functionName: 'refreshPermit', args: ofHotkey })
}
