/** Stake of one account: alpha on hotkeys of a subnet, KOIN on the root (subnet 0), where it counts in up to 16 subnets. */
import { type Address, KoinonError } from '@koinon/base'
import { alphaStakingAbi } from '@koinon/ledger/abis'
import { parseEventLogs, type TransactionReceipt } from 'viem'
import { type ArgsOf, type Changing, callContract } from './call-contract.ts'
import { allowKoin, type PoolAccount } from './pool-trades.ts'

/** The root: its stake is KOIN. */
export const rootNetuid = 0

/** Shares of a position, and what they must be worth at least, or nothing happens. */
type PartOfStake = { readonly shares: bigint; readonly leastAmount: bigint }

/** What left a hotkey; until `freeAtSeconds` it waits and can be slashed, without it the account has it already. */
export type Unstaked = { readonly amount: bigint; readonly freeAtSeconds?: number }

/** What `amount` must still be worth when it is taken out: only a slash makes it less meanwhile. */
export function leastOf(amount: bigint, slippageBps: number): bigint {
  const least = (amount * BigInt(10_000 - slippageBps)) / 10_000n
  return least === 0n ? 1n : least
}

/** Changes of position that one claim of root dividends goes through. */
const claimSteps = 200n
const claimRounds = 50

/** Stakes free alpha of the account, or on the root its KOIN. Throws as `TransactionSender.call`. */
export async function stakeOn(
  account: PoolAccount,
  { netuid, hotkey, amount }: { readonly netuid: number; readonly hotkey: Address; readonly amount: bigint },
): Promise<void> {
  if (netuid === rootNetuid) await allowKoin(account, account.network.contracts.staking, amount)
  await callStaking(account, 'stake', [netuid, hotkey, amount])
}

/** Takes `shares` of the account's position out; they are worth `leastAmount` at least, or nothing happens. */
export async function unstakeFrom(
  account: PoolAccount,
  { netuid, hotkey, shares, leastAmount }: PartOfStake & { readonly netuid: number; readonly hotkey: Address },
): Promise<Unstaked> {
  const receipt = await callStaking(account, 'unstake', [netuid, hotkey, shares, leastAmount])
  const [left] = parseEventLogs({ abi: alphaStakingAbi, eventName: 'Unstaked', logs: receipt.logs })
  const [queued] = parseEventLogs({ abi: alphaStakingAbi, eventName: 'Queued', logs: receipt.logs })
  if (left === undefined) throw notConfirmed(receipt)
  return {
    amount: left.args.amount,
    ...(queued === undefined ? {} : { freeAtSeconds: Number(queued.args.releaseAt) }),
  }
}

/** What was unstaked and is free now, by subnet. Throws `ledger/nothing-matured`. */
export async function withdrawUnstaked(
  account: PoolAccount,
): Promise<readonly { readonly netuid: number; readonly amount: bigint }[]> {
  const receipt = await callStaking(account, 'withdraw', [account.sender.address, 100n])
  return parseEventLogs({ abi: alphaStakingAbi, eventName: 'Withdrawn', logs: receipt.logs }).map(({ args }) => ({
    netuid: Number(args.netuid),
    amount: args.amount,
  }))
}

/** Moves stake to another hotkey of the same subnet. Throws `ledger/stake-bound` where it backs a validator. */
export async function moveStake(
  account: PoolAccount,
  move: PartOfStake & { readonly netuid: number; readonly from: Address; readonly to: Address },
): Promise<bigint> {
  const { netuid, from, to, shares, leastAmount } = move
  return arrived(await callStaking(account, 'move', [netuid, from, to, shares, leastAmount]))
}

/** Sells stake of one subnet and stakes what that buys of another, `leastAlpha` at least. Throws `ledger/stake-bound`, `ledger/price-moved`. */
export async function swapStake(
  account: PoolAccount,
  swap: {
    readonly from: { readonly netuid: number; readonly hotkey: Address }
    readonly to: { readonly netuid: number; readonly hotkey: Address }
    readonly shares: bigint
    readonly leastAlpha: bigint
  },
): Promise<bigint> {
  const { from, to, shares, leastAlpha } = swap
  return arrived(
    await callStaking(account, 'swap', [from.netuid, from.hotkey, to.netuid, to.hotkey, shares, leastAlpha]),
  )
}

/** Claims the root dividends of one subnet and hotkey as free alpha, however often the position changed. Throws `ledger/nothing-to-claim`. */
export async function claimRootDividends(account: PoolAccount, netuid: number, hotkey: Address): Promise<bigint> {
  let claimed = 0n
  for (let round = 0; round < claimRounds; round++) {
    const args = [netuid, hotkey, claimSteps] as const
    const receipt = await callStaking(account, 'claimRoot', args)
    for (const { args } of parseEventLogs({ abi: alphaStakingAbi, eventName: 'RootClaimed', logs: receipt.logs })) {
      claimed += args.amount
    }
    const left = await account.reader.readContract({
      address: account.network.contracts.staking,
      abi: alphaStakingAbi,
      functionName: 'claimableRoot',
      args: [netuid, hotkey, account.sender.address, 10_000n],
      blockTag: 'pending',
    })
    if (left === 0n) break
  }
  return claimed
}

function callStaking<name extends Changing<typeof alphaStakingAbi>>(
  account: PoolAccount,
  functionName: name,
  args: ArgsOf<typeof alphaStakingAbi, name>,
): Promise<TransactionReceipt> {
  const to = { address: account.network.contracts.staking, abi: alphaStakingAbi } as const
  return callContract(account, { ...to, functionName, args })
}

function arrived(receipt: TransactionReceipt): bigint {
  const [staked] = parseEventLogs({ abi: alphaStakingAbi, eventName: 'Staked', logs: receipt.logs })
  if (staked === undefined) throw notConfirmed(receipt)
  return staked.args.amount
}

function notConfirmed({ transactionHash }: TransactionReceipt): KoinonError {
  return new KoinonError({
    code: 'ledger/no-stake-change',
    message: `Transaction ${transactionHash} was mined, but tells of no change of stake`,
    hint: 'Look at what you hold before you try again: koinon subnet holdings',
    retry: 'unknown',
  })
}
