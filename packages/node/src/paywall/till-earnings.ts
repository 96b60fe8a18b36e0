/** What a home's account earned by selling, from the books of its till: whoever holds it, running or not. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Address } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { ChannelBook, paymentsSchema, ReceiptArchive } from '@koinon/payments/core'
import type { Home } from '../home/home.ts'
import { networkOf } from '../home/network-of.ts'
import { existingAccountKey } from '../home/secrets.ts'

/** The folder of the first seller that was built; its channels and receipts are those of the account, whatever sells. */
export const tillRole = 'paywall'

/** What was earned since the till first opened on this home. */
export type TillEarnings = {
  readonly account: Address
  readonly calls: number
  readonly earnedAtomic: string
  readonly channels: number
  /** Owed and not yet claimed on the ledger. */
  readonly unclaimedAtomic: string
}

/** Undefined where nothing was ever sold from this home. Throws `node/no-network`, `home/*`, `store/*` and `payments/wrong-escrow`. */
export async function readTillEarnings(home: Home): Promise<TillEarnings | undefined> {
  const path = join(home.role(tillRole), 'store.db')
  if (!existsSync(path)) return undefined
  const { chainId, contracts } = networkOf(home)
  const { address } = existingAccountKey(home, 'wallet')
  const store = await DurableStore.open(path, paymentsSchema)
  try {
    const book = new ChannelBook({ store, domain: { chainId, escrow: contracts.channels } })
    await book.start()
    return await earningsOf(address, new ReceiptArchive(store), book)
  } finally {
    await store.close()
  }
}

/** Counts all receipts, and what is owed on the channels to the account. */
export async function earningsOf(
  account: Address,
  archive: Pick<ReceiptArchive, 'stats'>,
  book: Pick<ChannelBook, 'list'>,
): Promise<TillEarnings> {
  const { count, amountPicoUsd } = await archive.stats({ sinceMs: 0 })
  const channels = book.list().filter(({ role }) => role === 'inbound')
  const unclaimedPicoUsd = channels.reduce(
    (sum, state) => sum + state.owedPicoUsd - state.claimedAtomic * 1_000_000n,
    0n,
  )
  return {
    account,
    calls: count,
    earnedAtomic: (amountPicoUsd / 1_000_000n).toString(),
    channels: channels.length,
    unclaimedAtomic: (unclaimedPicoUsd / 1_000_000n).toString(),
  }
}
