/** The founder's account of a local network: deploys, funds role accounts, feeds the faucet. */
import type { Address } from '@koinon/base'
import type { LedgerReader, NetworkFile, TransactionSender } from '@koinon/ledger'
import { koinonTokenAbi, testDollarAbi } from '@koinon/ledger/abis'
import { erc20Abi } from 'viem'

/** Balances in wei, 1e-18 KOIN and 1e-6 dollar. */
export type Balances = { readonly nativeWei: bigint; readonly koin: bigint; readonly dollar: bigint }

export type Treasury = {
  readonly network: NetworkFile
  readonly reader: LedgerReader
  readonly sender: TransactionSender
}

/** What an account holds. */
export async function readBalances(reader: LedgerReader, network: NetworkFile, account: Address): Promise<Balances> {
  const tokenBalance = (address: Address): Promise<bigint> =>
    reader.readContract({ address, abi: erc20Abi, functionName: 'balanceOf', args: [account] })
  const [nativeWei, koin, dollar] = await Promise.all([
    reader.getBalance({ address: account }),
    tokenBalance(network.contracts.token),
    tokenBalance(network.contracts.dollar),
  ])
  return { nativeWei, koin, dollar }
}

/** Brings an account up to `target`, sending only what it lacks. */
export async function fundAccount(treasury: Treasury, account: Address, target: Balances): Promise<void> {
  const held = await readBalances(treasury.reader, treasury.network, account)
  const lacking = (amount: bigint, has: bigint): bigint => (amount > has ? amount - has : 0n)
  await give(treasury, account, {
    nativeWei: lacking(target.nativeWei, held.nativeWei),
    koin: lacking(target.koin, held.koin),
    dollar: lacking(target.dollar, held.dollar),
  })
}

/** Sends an account the given amounts, whatever it holds. */
export async function give({ network, sender }: Treasury, account: Address, gift: Balances): Promise<void> {
  const sends: Promise<unknown>[] = []
  if (gift.nativeWei > 0n) sends.push(sender.send({ to: account, value: gift.nativeWei }, 'sending gas money'))
  if (gift.koin > 0n) {
    sends.push(
      sender.call({
        address: network.contracts.token,
        abi: koinonTokenAbi,
        functionName: 'transfer',
        args: [account, gift.koin],
      }),
    )
  }
  if (gift.dollar > 0n) {
    sends.push(
      sender.call({
        address: network.contracts.dollar,
        abi: testDollarAbi,
        functionName: 'faucet',
        args: [account, gift.dollar],
      }),
    )
  }
  await Promise.all(sends)
}
