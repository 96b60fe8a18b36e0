/** Trades of one account with the pools. Each names what must come of it at least; nothing is approved beyond what a trade takes. */
import { type Address, type Hex, KoinonError } from '@koinon/base'
import { ensureAllowance, type TransactionSender } from '@koinon/ledger'
import { poolsAbi } from '@koinon/ledger/abis'
import { parseEventLogs, type TransactionReceipt } from 'viem'
import { type ArgsOf, type Changing, callContract } from './call-contract.ts'
import type { PoolView } from './pools.ts'

/** An account that trades and stakes. */
export type PoolAccount = PoolView & { readonly sender: Pick<TransactionSender, 'address' | 'call'> }

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

function callPools<name extends Changing<typeof poolsAbi>>(
  account: PoolAccount,
  functionName: name,
  args: ArgsOf<typeof poolsAbi, name>,
): Promise<TransactionReceipt> {
  const to = { address: account.network.contracts.pools, abi: poolsAbi } as const
  return callContract(account, { ...to, functionName, args })
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
