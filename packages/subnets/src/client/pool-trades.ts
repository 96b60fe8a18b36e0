/** Trades of one account with the pools. Each names what must come of it at least; nothing is approved beyond what a trade takes. */
import { type Address, type Hex, isKoinonError, KoinonError } from '@koinon/base'
import { type ContractCall, ensureAllowance, type TransactionSender } from '@koinon/ledger'
import { poolsAbi } from '@koinon/ledger/abis'
import { type Abi, type ContractFunctionName, parseEventLogs, type TransactionReceipt } from 'viem'
import type { PoolPlace } from './pools.ts'

/** An account that trades and stakes. */
export type PoolAccount = PoolPlace & { readonly sender: Pick<TransactionSender, 'address' | 'call'> }

/** What came of a trade, in atomic units. */
export type Traded = { readonly output: bigint; readonly transactionHash: Hex }

/** Buys alpha for all of `koin`. Throws `ledger/price-moved` where less than `leastAlpha` would come, `ledger/too-little-koin`, and as `TransactionSender.call`. */
export async function buyAlpha(
  account: PoolAccount,
  { netuid, koin, leastAlpha }: { readonly netuid: number; readonly koin: bigint; readonly leastAlpha: bigint },
): Promise<Traded> {
  await allowKoin(account, account.network.contracts.pools, koin)
  const receipt = await callPools(account, 'buy', [netuid, koin, leastAlpha])
  const [bought] = parseEventLogs({ abi: poolsAbi, eventName: 'Bought', logs: receipt.logs })
  return traded(receipt, bought?.args.alphaOut)
}

/** Sells all of `alpha`, which is free alpha of the account. Throws `ledger/price-moved`, `ledger/too-little-alpha`, and as `TransactionSender.call`. */
export async function sellAlpha(
  account: PoolAccount,
  { netuid, alpha, leastKoin }: { readonly netuid: number; readonly alpha: bigint; readonly leastKoin: bigint },
): Promise<Traded> {
  const receipt = await callPools(account, 'sell', [netuid, alpha, leastKoin])
  const [sold] = parseEventLogs({ abi: poolsAbi, eventName: 'Sold', logs: receipt.logs })
  return traded(receipt, sold?.args.koinOut)
}

/** Gives alpha of a dissolved subnet for its part of what the pool held. */
export async function redeemAlpha(account: PoolAccount, netuid: number, alpha: bigint): Promise<Traded> {
  const receipt = await callPools(account, 'redeem', [netuid, alpha])
  const [redeemed] = parseEventLogs({ abi: poolsAbi, eventName: 'Redeemed', logs: receipt.logs })
  return traded(receipt, redeemed?.args.koin)
}

/** Sends free alpha to another account. */
export async function sendAlpha(
  account: PoolAccount,
  { netuid, to, alpha }: { readonly netuid: number; readonly to: Address; readonly alpha: bigint },
): Promise<Hex> {
  return (await callPools(account, 'transfer', [to, BigInt(netuid), alpha])).transactionHash
}

/** Lets `spender` take exactly that much KOIN, where it may not yet. */
export async function allowKoin(account: PoolAccount, spender: Address, koin: bigint): Promise<void> {
  await ensureAllowance(account, spender, koin)
}

/** Name of a function that changes something, and what it takes: both held to the ABI. */
export type Changing<abi extends Abi> = ContractFunctionName<abi, 'nonpayable' | 'payable'>
export type ArgsOf<abi extends Abi, name extends Changing<abi>> = ContractCall<abi, name>['args']

function callPools<name extends Changing<typeof poolsAbi>>(
  account: PoolAccount,
  functionName: name,
  args: ArgsOf<typeof poolsAbi, name>,
): Promise<TransactionReceipt> {
  const to = { address: account.network.contracts.pools, abi: poolsAbi } as const
  return explained(account.sender.call({ ...to, functionName, args }))
}

function traded({ transactionHash }: TransactionReceipt, output: bigint | undefined): Traded {
  if (output !== undefined) return { output, transactionHash }
  throw new KoinonError({
    code: 'ledger/no-trade',
    message: `Transaction ${transactionHash} was mined, but tells of no trade`,
    hint: 'Look at what you hold before you try again: koinon subnet holdings',
    retry: 'unknown',
  })
}

/** A refusal of the pools or of the staking contract in words, where there is something that a person can do. */
export async function explained<value>(call: Promise<value>): Promise<value> {
  try {
    return await call
  } catch (error) {
    const reason = isKoinonError(error) ? String(error.details?.['reason'] ?? '') : ''
    const [name = ''] = reason.split('(')
    const words = refusals[name]
    if (words === undefined) throw error
    throw new KoinonError({ ...words, details: { reason }, cause: error })
  }
}

type Refusal = { readonly code: string; readonly message: string; readonly hint: string; readonly retry?: 'now' }

const priceMoved: Refusal = {
  code: 'ledger/price-moved',
  message: 'Meanwhile the price moved: the trade would bring less than its least output, so it was not made',
  hint: 'Look at the new price and try again, or allow more with --slippage PERCENT.',
  retry: 'now',
}

const refusals: Readonly<Record<string, Refusal>> = {
  OutputTooSmall: priceMoved,
  AmountTooSmall: priceMoved,
  ERC6909InsufficientBalance: {
    code: 'ledger/too-little-alpha',
    message: 'The account has less free alpha of that subnet',
    hint: 'See what it holds: koinon subnet holdings. What is staked has to be unstaked first.',
  },
  SharesTooFew: {
    code: 'ledger/too-little-stake',
    message: 'The account has less staked there',
    hint: 'See what it holds: koinon subnet holdings',
  },
  StillSlashable: {
    code: 'ledger/stake-bound',
    message: 'That stake backs a validator, or did not long ago, and cannot be moved at once',
    hint: 'Unstake it, wait until it is free, and stake it anew.',
  },
  NothingMatured: {
    code: 'ledger/nothing-matured',
    message: 'Nothing that was unstaked is free yet',
    hint: 'See from when on it is: koinon subnet holdings',
  },
  NotSubnetOwner: {
    code: 'ledger/not-owner',
    message: 'Only the owner of the subnet may do that',
    hint: 'See who that is: koinon subnet show NETUID. The wallet of this home is another account.',
  },
  SubnetIsDissolved: {
    code: 'ledger/subnet-dissolved',
    message: 'That subnet is dissolved: nothing of it changes any more',
    hint: 'See which live: koinon subnet list',
  },
  ChangePending: {
    code: 'ledger/change-pending',
    message: 'Other rules of seats are announced and do not hold yet; one change waits at a time',
    hint: 'See from when on they hold, and announce again then: koinon subnet announce NETUID',
  },
  ParameterOutOfRange: {
    code: 'ledger/out-of-bounds',
    message: 'One of the values is out of the bounds that the network sets',
    hint: 'See the bounds: koinon subnet announce --help',
  },
  OwnerHotkeysFull: {
    code: 'ledger/owner-hotkeys-full',
    message: 'The owner has named as many hotkeys as it may: an eighth of the seats, 10 at most',
    hint: 'Drop one first: koinon subnet owner-hotkey drop NETUID HOTKEY',
  },
  OwnerHotkeyUnknown: {
    code: 'ledger/no-owner-hotkey',
    message: 'That is none of the hotkeys that the owner named',
    hint: 'See which they are: koinon subnet owner-hotkey list NETUID',
  },
  SubnetNotFound: {
    code: 'ledger/no-subnet',
    message: 'There is no such subnet on this network',
    hint: 'See which there are: koinon subnet list',
  },
  TakeRaisedTooSoon: {
    code: 'ledger/take-raised-too-soon',
    message: 'A take is raised once in 30 days, and this one was raised not that long ago',
    hint: 'Lower it at any time: koinon validator take PERCENT. See what it is: koinon validator take',
  },
  ChildrenOutOfRange: {
    code: 'ledger/bad-children',
    message: 'Children are at most five others, each once, with 100 per cent together',
    hint: 'For example: koinon validator children --set HOTKEY=40',
  },
  NothingAnnounced: {
    code: 'ledger/nothing-announced',
    message: 'No children were announced that could be put into force',
    hint: 'Announce some first: koinon validator children --set HOTKEY=SHARE',
  },
  ChildrenTooEarly: {
    code: 'ledger/children-too-early',
    message: 'Announced children may be put into force a day after their announcement',
    hint: 'See from when on: koinon validator children',
  },
  ChildNotWilling: {
    code: 'ledger/child-not-willing',
    message: 'One of the announced children did not accept this parent',
    hint: 'Ask its owner to run: koinon validator children --accept PARENT',
  },
  GenerationsTooMany: {
    code: 'ledger/generations-too-many',
    message: 'A child has no children itself, and a parent no parents',
    hint: 'See who has which: koinon validator children',
  },
  LockTooSmall: {
    code: 'ledger/too-little-locked',
    message: 'The account keeps less locked for that candidate',
    hint: 'See what it has locked: koinon subnet lock NETUID, with --for ACCOUNT where it is for another.',
  },
  NothingFree: {
    code: 'ledger/nothing-free',
    message: 'Nothing of that lock is free',
    hint: 'Let go of some first: koinon subnet unlock NETUID AMOUNT. Half of it is free after 90 days.',
  },
  DoesNotLead: {
    code: 'ledger/no-lead',
    message:
      'That candidate does not lead: its conviction must exceed what is locked for the owner, and a tenth of all alpha',
    hint: 'See who has how much: koinon subnet show NETUID',
  },
  SubnetTooYoung: {
    code: 'ledger/subnet-too-young',
    message: 'Nobody contests the ownership of a subnet in its first year',
    hint: 'See from when on: koinon subnet show NETUID. Conviction grows meanwhile.',
  },
  ContestStands: {
    code: 'ledger/contest-stands',
    message: 'A contest is open whose candidate leads',
    hint: 'See whose it is: koinon subnet show NETUID. Only somebody with more conviction takes its place.',
  },
  NoContest: {
    code: 'ledger/no-contest',
    message: 'The ownership of that subnet is not contested',
    hint: 'Open a contest for whoever leads: koinon subnet contest NETUID',
  },
  NotCandidate: {
    code: 'ledger/not-candidate',
    message: 'Only the candidate of the contest may take the subnet',
    hint: 'See who that is: koinon subnet show NETUID. The wallet of this home is another account.',
  },
  NoticeNotOver: {
    code: 'ledger/notice-not-over',
    message: 'The notice is not over: the owner may still lock more',
    hint: 'See from when on the subnet may be taken: koinon subnet show NETUID',
  },
  TooLate: {
    code: 'ledger/contest-passed',
    message: 'The time in which the subnet could be taken has passed',
    hint: 'Open the contest anew: koinon subnet contest NETUID',
  },
  NothingToClaim: {
    code: 'ledger/nothing-to-claim',
    message: 'There are no root dividends to claim',
    hint: 'They come with every epoch in which the validator earns, in the subnets where its root stake counts.',
  },
}
