/** What the roles of a home have on disk about money, read straight from their stores, and what must hold between them. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { picoUsdPerAtomic } from '@koinon/base'

type ChannelRow = {
  readonly channel_id: string
  readonly role: 'inbound' | 'outbound'
  readonly config: string
  readonly deposit_atomic: string
  readonly claimed_atomic: string
  readonly owed_pico_usd: string
  readonly voucher_atomic: string
}
type ReceiptRow = {
  readonly request_id: string
  readonly channel_id: string
  readonly amount_pico_usd: number
  readonly bundle: string
}
type Hop = { readonly receipt: { readonly channelId: string; readonly payee: string; readonly amountPicoUsd: string } }

/** What a crash left on a miner's bill only, and its gateway took on afterwards. */
type DebtRow = { readonly channel_id: string; readonly amount_pico_usd: number }

export type Books = {
  readonly channels: readonly ChannelRow[]
  readonly receipts: readonly ReceiptRow[]
  readonly debts: readonly DebtRow[]
  /** Channels whose payer signs the worst case before each call; the vouchers of all others follow what is owed. */
  readonly paidAhead: ReadonlySet<string>
}

/** The store of one role, as committed at this moment. */
export function readBooks(home: string, role: string): Books {
  const store = new DatabaseSync(join(home, 'roles', role, 'store.db'), { readOnly: true, timeout: 5_000 })
  try {
    // One transaction, so that channels and receipts are of the same moment while the role writes on.
    store.exec('begin')
    const channels = store.prepare('select * from payment_channels').all() as unknown as ChannelRow[]
    const receipts = store.prepare('select request_id, channel_id, amount_pico_usd, bundle from payment_receipts').all()
    const debts = store.prepare('select channel_id, amount_pico_usd from payment_debts').all()
    return {
      channels,
      receipts: receipts as unknown as ReceiptRow[],
      debts: debts as unknown as DebtRow[],
      paidAhead: role === 'gateway' ? withoutKeys(store, channels) : new Set(),
    }
  } finally {
    store.close()
  }
}

/** Those of a gateway for which no API key was made: only their payers sign for them. */
function withoutKeys(store: DatabaseSync, channels: readonly ChannelRow[]): ReadonlySet<string> {
  const keyed = new Set(
    store
      .prepare('select channel_id from gateway_keys')
      .all()
      .map((row) => row['channel_id']),
  )
  return new Set(
    channels.filter(({ role, channel_id }) => role === 'inbound' && !keyed.has(channel_id)).map((c) => c.channel_id),
  )
}

/** Request ids that the gateway holds a receipt of. */
export function receiptIdsOf(books: Books): ReadonlySet<string> {
  return new Set(books.receipts.map(({ request_id }) => request_id))
}

/** Roles of a home that are paid. */
export function paidRoles(home: string): readonly string[] {
  return readdirSync(join(home, 'roles')).filter(
    (role) => existsSync(join(home, 'roles', role, 'store.db')) && !role.startsWith('validator'),
  )
}

/**
 * Sentences about what does not hold, none when all is well: every channel owes exactly the sum of its receipts, no claim is more than
 * is owed and no voucher either, but where payers sign ahead, no request was charged twice, and the gateway owes no miner more than
 * that miner's receipts say.
 */
export function problemsOf(home: string): readonly string[] {
  // The gateway first: what a miner adds in between only makes it hold more.
  const gateway = readBooks(home, 'gateway')
  const roles = paidRoles(home).filter((role) => role !== 'gateway')
  const miners = roles.map((role) => ({ role, books: readBooks(home, role) }))
  return [
    ...ownProblems('gateway', gateway),
    ...miners.flatMap(({ role, books }) => ownProblems(role, books)),
    ...upstreamProblems(gateway, miners),
  ]
}

function ownProblems(role: string, { channels, receipts, paidAhead }: Books): readonly string[] {
  return channels
    .filter((channel) => channel.role === 'inbound')
    .flatMap((channel) => {
      const own = receipts.filter(({ channel_id }) => channel_id === channel.channel_id)
      const sum = own.reduce((total, { amount_pico_usd }) => total + BigInt(amount_pico_usd), 0n)
      const owed = BigInt(channel.owed_pico_usd)
      const name = `${role}: channel ${channel.channel_id.slice(0, 10)}`
      return [
        ...(sum === owed ? [] : [`${name} owes ${owed}, its ${own.length} receipts say ${sum}`]),
        ...(new Set(own.map(({ request_id }) => request_id)).size === own.length
          ? []
          : [`${name} charged a request twice`]),
        ...claimProblems(name, channel),
        ...(paidAhead.has(channel.channel_id) ? [] : voucherProblems(name, channel)),
      ]
    })
}

function voucherProblems(name: string, { voucher_atomic, owed_pico_usd }: ChannelRow): readonly string[] {
  const isCovered = BigInt(voucher_atomic) * picoUsdPerAtomic <= BigInt(owed_pico_usd)
  return isCovered ? [] : [`${name} has a voucher above what is owed`]
}

function claimProblems(name: string, channel: ChannelRow): readonly string[] {
  const claimed = BigInt(channel.claimed_atomic)
  return [
    ...(claimed <= BigInt(channel.voucher_atomic) ? [] : [`${name} was claimed beyond its voucher`]),
    ...(claimed * picoUsdPerAtomic <= BigInt(channel.owed_pico_usd) ? [] : [`${name} was claimed beyond what is owed`]),
  ]
}

function upstreamProblems(
  gateway: Books,
  miners: readonly { readonly role: string; readonly books: Books }[],
): readonly string[] {
  const inner = gateway.receipts.flatMap(({ bundle }) => (JSON.parse(bundle) as { hops: Hop[] }).hops.slice(1))
  return gateway.channels
    .filter(({ role }) => role === 'outbound')
    .flatMap((channel) => {
      const name = `gateway: channel to ${(JSON.parse(channel.config) as { receiver: string }).receiver.slice(0, 10)}`
      const owed = BigInt(channel.owed_pico_usd)
      const billed = inner
        .filter(({ receipt }) => receipt.channelId === channel.channel_id)
        .reduce((total, { receipt }) => total + BigInt(receipt.amountPicoUsd), 0n)
      const sum = gateway.debts
        .filter(({ channel_id }) => channel_id === channel.channel_id)
        .reduce((total, { amount_pico_usd }) => total + BigInt(amount_pico_usd), billed)
      const theirs = miners
        .flatMap(({ books }) => books.channels)
        .find(({ channel_id, role }) => channel_id === channel.channel_id && role === 'inbound')
      return [
        ...(sum === owed ? [] : [`${name} owes ${owed}, the miners' receipts in its bundles and its debts say ${sum}`]),
        ...(theirs === undefined || BigInt(theirs.owed_pico_usd) >= owed
          ? []
          : [`${name} owes ${owed}, the miner itself says ${theirs.owed_pico_usd}`]),
        ...claimProblems(name, channel),
        ...voucherProblems(name, channel),
      ]
    })
}
