/** `GET /api/wallet`: the owner's balances, keys and payments on a local network. */
import { type Address, type Clock, type Hex, zeroAddress } from '@koinon/base'
import type { KeyRegistry } from '@koinon/inference/client'
import type { NetworkFile } from '@koinon/ledger'
import type { ChannelBook, ReceiptArchive } from '@koinon/payments/core'
import type { KeyJson, WalletJson } from '@koinon/work/dashboard'
import type { IndexClient } from '../index-client.ts'

const listedPayments = 50
const dayMs = 86_400_000

export type WalletSources = {
  readonly network: NetworkFile
  readonly ask: <result>(method: string, params: unknown) => Promise<result>
  readonly keys: KeyRegistry
  readonly book: ChannelBook
  readonly archive: ReceiptArchive
  readonly index: IndexClient
  readonly clock: Clock
}

type Holdings = Pick<WalletJson, 'account' | 'nativeAtomic' | 'koinAtomic' | 'dollarAtomic'>

export async function walletJson(sources: WalletSources): Promise<WalletJson> {
  const { ask, index, network } = sources
  const holdings = await ask<Holdings>('wallet.state', {})
  const [token, dollar, keys] = await Promise.all([
    index.transfers({ contract: 'token', account: holdings.account, limit: listedPayments }),
    index.transfers({ contract: 'dollar', account: holdings.account, limit: listedPayments }),
    keysJson(sources, holdings.account),
  ])
  const payments = [...token.result, ...dollar.result]
    .sort((a, b) => b.blockNumber - a.blockNumber)
    .slice(0, listedPayments)
    .map((event, position) => ({
      id: `${event.transactionHash}-${position}`,
      kind: kindOf(event.args, holdings.account, network.contracts),
      amountAtomic: String(event.args['value']),
      asset: event.contract === 'dollar' ? 'dollar' : 'koin',
      transactionHash: event.transactionHash,
      atMs: event.timestampSeconds * 1000,
    }))
  return { asOfBlock: token.asOfBlock, ...holdings, keys, payments }
}

/** Transfers as their owner sees them; the collector passes deposits on to the escrow. */
function kindOf(
  { from, to }: Readonly<Record<string, unknown>>,
  account: string,
  { channels, depositCollector }: NetworkFile['contracts'],
): 'deposit' | 'returned' | 'sent' | 'faucet' | 'received' {
  const isEscrow = (address: unknown): boolean => address === channels || address === depositCollector
  if (from === account) return isEscrow(to) ? 'deposit' : 'sent'
  if (isEscrow(from)) return 'returned'
  return from === zeroAddress ? 'faucet' : 'received'
}

async function keysJson({ keys, book, archive, clock }: WalletSources, account: string): Promise<readonly KeyJson[]> {
  const own = keys.list().filter((key) => key.payer === account)
  const sinceMs = clock.nowMs() - (clock.nowMs() % dayMs)
  const today = own.length === 0 ? undefined : await archive.statsByChannel(sinceMs, account as Address)
  return own.map((key) => {
    const channel = book.get(key.channelId)
    return {
      keyHash: key.keyHash,
      label: key.label,
      createdAtMs: key.createdAtMs,
      ...(key.revokedAtMs === undefined ? {} : { revokedAtMs: key.revokedAtMs }),
      channelId: key.channelId,
      depositAtomic: `${channel?.depositAtomic ?? 0n}`,
      owedPicoUsd: `${channel?.owedPicoUsd ?? 0n}`,
      spentTodayPicoUsd: `${today?.get(key.channelId as Hex)?.amountPicoUsd ?? 0n}`,
    }
  })
}
