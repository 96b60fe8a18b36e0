/** What a provider or validator of this home earned, and its way to the owner: the role has an account of its own, beside the home's wallet. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Address, type Clock, type Hex, isKoinonError, KoinonError, systemClock } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { createLedgerReader, createLedgerWriter, type NetworkFile, TransactionSender } from '@koinon/ledger'
import { ChannelBook, paymentsSchema } from '@koinon/payments/core'
import { ClaimWatcher } from '@koinon/payments/provider'
import { defaultSlippageBps } from '@koinon/subnets/pools'
import type { Home } from '../home/home.ts'
import { lockHome, runningSupervisor } from '../home/lock.ts'
import { networkOf } from '../home/network-of.ts'
import { type AccountKey, existingAccountKey } from '../home/secrets.ts'
import { type Balances, readBalances } from '../local/treasury.ts'
import { controlSocketPath } from '../supervisor/control.ts'
import { Wallet } from '../wallet/wallet.ts'
import { type AlphaEarning, type AlphaWithdrawal, cashAlpha, readAlphaEarnings } from './alpha-earnings.ts'

/** Amounts in wei, 1e-18 KOIN and 1e-6 dollar. */
export type ProviderEarnings = {
  readonly account: Address
  /** What the ledger says the account holds; absent when the ledger does not answer. */
  readonly held?: Balances
  /** Owed on channels and not yet claimed, by the role's own books; absent where there are none. */
  readonly unclaimedAtomic?: bigint
  /** Alpha it earned, by subnet; absent when the ledger does not answer. */
  readonly alpha?: readonly AlphaEarning[]
}

/** How alpha is withdrawn: sold for KOIN for at least what was shown, or sent as it is. */
export type AlphaTerms = {
  readonly keepsAlpha: boolean
  /** At most so much less than quoted, in 1/10,000. */
  readonly slippageBps: number
  /** What the owner has seen of it. */
  readonly agreed: readonly AlphaEarning[]
}

/** What a withdrawal sent, and what it claimed first. Amounts in 1e-18 KOIN and 1e-6 dollar. */
export type Withdrawal = {
  readonly from: Address
  readonly to: Address
  readonly koin: bigint
  readonly dollar: bigint
  readonly claimedAtomic: bigint
  readonly alpha: readonly AlphaWithdrawal[]
  readonly transactionHashes: readonly Hex[]
}

/** The account of a role, what it holds and what it is still owed; undefined where the role never had an account. Reads only. */
export async function readEarnings(
  home: Home,
  roleName: string,
  slippageBps: number = defaultSlippageBps,
): Promise<ProviderEarnings | undefined> {
  if (!existsSync(join(home.keys, `${roleName}.json`)) || !existsSync(home.networkFile)) return undefined
  const key = existingAccountKey(home, roleName)
  const network = networkOf(home)
  const reader = createLedgerReader(network)
  const [held, alpha, unclaimedAtomic] = await Promise.all([
    readBalances(reader, network, key.address).catch(() => undefined),
    readAlphaEarnings({ network, reader }, key.address, slippageBps).catch(() => undefined),
    withClaims(home, network, key, async (watcher) => watcher.status().unclaimedAtomic),
  ])
  return {
    account: key.address,
    ...(held === undefined ? {} : { held }),
    ...(unclaimedAtomic === undefined ? {} : { unclaimedAtomic }),
    ...(alpha === undefined ? {} : { alpha }),
  }
}

/**
 * Claims what a stopped role is owed, unstakes and sells the alpha it earned, then sends all its KOIN and dollars to `to`, by default
 * the home's wallet; its gas money stays, and so does KOIN that it staked on the root.
 * Holds the home's lock meanwhile, because a running role sends from the same account. Safe to repeat after a failure at any moment:
 * it sends what is there. Throws `home/in-use` while the role runs, `home/no-key`, and what the ledger says.
 */
export async function withdrawEarnings(
  home: Home,
  roleName: string,
  clock: Clock,
  to: Address | undefined,
  alphaTerms: AlphaTerms = { keepsAlpha: false, slippageBps: defaultSlippageBps, agreed: [] },
): Promise<Withdrawal> {
  const network = networkOf(home)
  const key = existingAccountKey(home, roleName)
  const recipient = to ?? existingAccountKey(home, 'wallet').address
  const running = runningSupervisor(home)
  if (running !== undefined) throw inUse(roleName, running.pid)
  const lock = lockHome(home, {
    pid: process.pid,
    startedAtMs: clock.nowMs(),
    controlSocket: controlSocketPath(home),
  })
  try {
    const wallet = new Wallet({ home, network, key, clock })
    const claimedAtomic = (await withClaims(home, network, key, claimAll)) ?? 0n
    const alpha = await cashAlpha(wallet.membership, { recipient, ...alphaTerms })
    const { koin, dollar } = await wallet.balances()
    const transactionHashes: Hex[] = []
    if (recipient !== key.address) {
      if (dollar > 0n) transactionHashes.push(await wallet.send('dollar', recipient, dollar))
      if (koin > 0n) transactionHashes.push(await wallet.send('koin', recipient, koin))
    }
    return { from: key.address, to: recipient, koin, dollar, claimedAtomic, alpha, transactionHashes }
  } finally {
    lock.release()
  }
}

/** Throws when the ledger could not be asked; a row that the escrow refuses stays owed and holds up nothing. */
async function claimAll(watcher: ClaimWatcher): Promise<bigint> {
  const owed = watcher.status().unclaimedAtomic
  const { error } = await watcher.pass('stopping')
  if (error !== undefined) throw error
  return owed - watcher.status().unclaimedAtomic
}

/** Works with the role's books, where it has any on this network. */
async function withClaims<value>(
  home: Home,
  network: NetworkFile,
  key: AccountKey,
  work: (watcher: ClaimWatcher) => Promise<value>,
): Promise<value | undefined> {
  const path = join(home.role(key.name), 'store.db')
  if (!existsSync(path)) return undefined
  const store = await DurableStore.open(path, paymentsSchema)
  try {
    const book = new ChannelBook({ store, domain: { chainId: network.chainId, escrow: network.contracts.channels } })
    await book.start()
    const reader = createLedgerReader(network)
    return await work(
      new ClaimWatcher({
        book,
        reader,
        sender: new TransactionSender(reader, createLedgerWriter(network, key.privateKey)),
        token: network.contracts.dollar,
        policy: { thresholdAtomic: 1n, maximumAgeMs: 0, maximumRows: 50 },
        intervalMs: 5_000,
        clock: systemClock,
        unit: Math.random,
      }),
    )
  } catch (error) {
    // Books of a network that the home belonged to before: nothing in them can be claimed on this one.
    if (isKoinonError(error) && error.code === 'payments/wrong-escrow') return undefined
    throw error
  } finally {
    await store.close()
  }
}

function inUse(roleName: string, pid: number): KoinonError {
  return new KoinonError({
    code: 'home/in-use',
    message: `The ${roleName} runs (process ${pid}) and sends transactions from the same account`,
    hint:
      roleName === 'provider'
        ? 'Pause it first with "koinon provider stop --keep-seat"; nothing earned is lost.'
        : 'End it first with Ctrl-C where it was started; seat, stake and what it earned are kept.',
    details: { pid },
  })
}
