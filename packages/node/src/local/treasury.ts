/** The founder's account of a home's own network: deploys, funds role accounts, feeds the faucet. */
import { type Address, formatUnits, KoinonError } from '@koinon/base'
import type { LedgerReader, NetworkFile, TransactionSender } from '@koinon/ledger'
import { koinonTokenAbi, testDollarAbi } from '@koinon/ledger/abis'
import { erc20Abi } from 'viem'
import { gasMoneyOf, lackingGas } from './gas-money.ts'

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

/** Brings an account up to `target`, sending only what it lacks; gas money outside an embedded chain only when it runs low. */
export async function fundAccount(treasury: Treasury, account: Address, target: Balances): Promise<void> {
  const held = await readBalances(treasury.reader, treasury.network, account)
  const lacking = (amount: bigint, has: bigint): bigint => (amount > has ? amount - has : 0n)
  await give(treasury, account, {
    nativeWei: lackingGas(treasury.network.chainKind, target.nativeWei, held.nativeWei),
    koin: lacking(target.koin, held.koin),
    dollar: lacking(target.dollar, held.dollar),
  })
}

/** Fills accounts' gas money up where it runs low. Throws `node/treasury-unfunded` when the treasury cannot pay for it. */
export async function refillGas(treasury: Treasury, accounts: readonly Address[]): Promise<void> {
  await requireGasMoney(treasury, accounts, false)
  const gas = await gasMoneyOf(treasury.reader, treasury.network)
  for (const account of accounts) {
    const held = await treasury.reader.getBalance({ address: account })
    const nativeWei = lackingGas(treasury.network.chainKind, gas.roleWei, held)
    await give(treasury, account, { nativeWei, koin: 0n, dollar: 0n })
  }
}

/**
 * Checks that the treasury can pay what the accounts lack and, where the network is yet to be founded, what that takes. Throws `node/treasury-unfunded` naming
 * the account and the amount; nothing was sent.
 */
export async function requireGasMoney(
  { network, reader, sender }: Treasury,
  accounts: readonly Address[],
  isFounding: boolean,
): Promise<void> {
  if (network.chainKind === 'embedded') return
  const gas = await gasMoneyOf(reader, network)
  const [treasuryWei, ...balances] = await Promise.all(
    [sender.address, ...accounts].map((address) => reader.getBalance({ address })),
  )
  const wanted = balances.reduce(
    (sum, heldWei) => sum + lackingGas(network.chainKind, gas.roleWei, heldWei),
    isFounding ? gas.foundingWei : 0n,
  )
  const missingWei = wanted - (treasuryWei as bigint)
  if (missingWei <= 0n) return
  const chain = `chain ${network.chainId}`
  // Prices move while somebody sends: a fifth more than is missing now, in round figures.
  const askedWei = roundUp((missingWei * 6n) / 5n)
  throw new KoinonError({
    code: 'node/treasury-unfunded',
    message: `The treasury of this home, account ${sender.address}, holds ${formatUnits(treasuryWei as bigint, 18)} of the ${formatUnits(wanted, 18)} native money that gas on ${chain} takes`,
    hint: `Send ${formatUnits(askedWei, 18)} (${askedWei} wei) of ${chain}'s native money to ${sender.address}, then run the same command again.`,
    retry: 'later',
    details: { account: sender.address, chainId: network.chainId, missingWei: `${askedWei}` },
  })
}

/** The next number with two significant digits. */
function roundUp(wei: bigint): bigint {
  const step = 10n ** BigInt(Math.max(0, `${wei}`.length - 2))
  return ((wei + step - 1n) / step) * step
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
