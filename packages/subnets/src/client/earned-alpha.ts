/** What an account earned as a miner or validator: alpha staked on its own hotkey, or where it lets gifts go. Atomic units. */
import { type Address, toAddress } from '@koinon/base'
import { delegationAbi } from '@koinon/ledger/abis'
import {
  type LeavingStake,
  readFreeAlpha,
  readLeaving,
  readPosition,
  readRootDividends,
  type StakePosition,
} from './alpha-holdings.ts'
import { netuidsOf, type PoolView } from './pools.ts'

export type EarnedAlpha = {
  readonly netuid: number
  readonly free: bigint
  readonly staked: readonly StakePosition[]
  readonly leaving: readonly LeavingStake[]
  /** For KOIN that the account staked on itself. */
  readonly rootDividends: bigint
}

/** By subnet, ascending; subnets in which there is nothing are left out. Needs no search through the ledger's events. */
export async function readEarnedAlpha(view: PoolView, account: Address): Promise<readonly EarnedAlpha[]> {
  const [netuids, leaving] = await Promise.all([netuidsOf(view), readLeaving(view, account)])
  const earned = await Promise.all(
    netuids.map(async (netuid): Promise<EarnedAlpha> => {
      const hotkeys = new Set([account, await giftHotkey(view, netuid, account)])
      const [free, rootDividends, ...staked] = await Promise.all([
        readFreeAlpha(view, netuid, account),
        readRootDividends(view, { netuid, hotkey: account }, account),
        ...[...hotkeys].map((hotkey) => readPosition(view, { netuid, hotkey }, account)),
      ])
      return {
        netuid,
        free,
        staked: staked.filter(({ shares }) => shares > 0n),
        leaving: leaving.filter((one) => one.netuid === netuid),
        rootDividends: rootDividends.amount,
      }
    }),
  )
  return earned.filter((one) => sumOfEarned(one) > 0n)
}

/** All of it together, whatever its state. */
export function sumOfEarned({ free, staked, leaving, rootDividends }: EarnedAlpha): bigint {
  return [...staked, ...leaving].reduce((sum, { amount }) => sum + amount, free + rootDividends)
}

async function giftHotkey({ network, reader }: PoolView, netuid: number, account: Address): Promise<Address> {
  const { delegation: address } = network.contracts
  const args = [netuid, account] as const
  return toAddress(await reader.readContract({ address, abi: delegationAbi, functionName: 'autoStakeOf', args }))
}
