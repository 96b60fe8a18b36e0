import { type Address, type Hex, KoinonError, type StructJson } from '@koinon/base'
import type { DurableStore, SqlRow, SqlValue } from '@koinon/base/node'
import { parseBundle, type ReceiptBundle, type SignedReceipt } from '@koinon/work'
import type { ReceiptStats, ReceiptSummary } from './receipt-types.ts'

const maximumPage = 500
const maximumBillPage = 100
const summaryColumns =
  'request_id, kind, payer, payee, upstream_payee, channel_id, amount_pico_usd, received_at_ms, first_byte_at_ms, ended_at_ms'

/** Reads what became final. All answers come from disk, so they are as durable as the receipts themselves. */
export class ReceiptArchive {
  readonly #store: DurableStore

  constructor(store: DurableStore) {
    this.#store = store
  }

  /** The bundle of a request, if it is final and, when a payer is given, that payer's. */
  async byId(requestId: Hex, payer?: Address): Promise<ReceiptBundle | undefined> {
    const [row] =
      payer === undefined
        ? await this.#store.read('select bundle from payment_receipts where request_id = ? limit 1', [requestId])
        : await this.#store.read('select bundle from payment_receipts where request_id = ? and payer = ?', [
            requestId,
            payer,
          ])
    return row === undefined ? undefined : parseBundle(JSON.parse(row['bundle'] as string))
  }

  /** True when the payer's request is final; ask before doing work for an id that a stranger chose. */
  async isFinal(requestId: Hex, payer: Address): Promise<boolean> {
    return (await this.hashOf(requestId, payer)) !== undefined
  }

  /** Hash of the payer's receipt for a request. */
  async hashOf(requestId: Hex, payer: Address): Promise<Hex | undefined> {
    const [row] = await this.#store.read(
      'select receipt_hash from payment_receipts where request_id = ? and payer = ?',
      [requestId, payer],
    )
    return row?.['receipt_hash'] as Hex | undefined
  }

  /**
   * Newest first, at most 500. `before` is the request id of the last one of the previous page. Without a payer: of everybody.
   * Throws `payments/unknown-cursor`.
   */
  async list(query: {
    readonly payer?: Address
    readonly limit: number
    readonly before?: Hex
  }): Promise<readonly ReceiptSummary[]> {
    const conditions: string[] = []
    const values: SqlValue[] = []
    if (query.payer !== undefined) {
      conditions.push('substr(payer, 3, 16) = ? and payer = ?')
      values.push(startOf(query.payer), query.payer)
    }
    if (query.before !== undefined) {
      const [cursor] = await this.#store.read('select ended_at_ms from payment_receipts where request_id = ? limit 1', [
        query.before,
      ])
      if (cursor === undefined) throw unknownCursor()
      conditions.push('(ended_at_ms, request_id) < (?, ?)')
      values.push(cursor['ended_at_ms'] as number, query.before)
    }
    values.push(Math.max(1, Math.min(maximumPage, Math.trunc(query.limit))))
    const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`
    const index = query.payer === undefined ? 'ended' : 'by_payer'
    const rows = await this.#store.read(
      `select ${summaryColumns} from payment_receipts indexed by payment_receipts_${index} ${where} order by ended_at_ms desc, request_id desc limit ?`,
      values,
    )
    return rows.map(summaryOf)
  }

  /**
   * Receipts a payee signed that ended in [fromMs, toMs), in the order of a work commitment: sessions as they began, then sequence.
   */
  async endedBetween(query: {
    readonly payee: Address
    readonly fromMs: number
    readonly toMs: number
  }): Promise<readonly { readonly requestId: Hex; readonly payer: Address; readonly receiptHash: Hex }[]> {
    const rows = await this.#store.read(
      `select r.request_id, r.payer, r.receipt_hash from payment_receipts r join payment_sessions s on s.session_key = r.session_key
      where r.ended_at_ms >= ? and r.ended_at_ms < ? and r.payee = ? order by s.ordinal, r.sequence`,
      [query.fromMs, query.toMs, query.payee],
    )
    return rows.map((row) => ({
      requestId: row['request_id'] as Hex,
      payer: row['payer'] as Address,
      receiptHash: row['receipt_hash'] as Hex,
    }))
  }

  /** Our own receipts for these requests as they were signed, in this order, as JSON; undefined for what is not here. */
  async shown(
    items: readonly { readonly requestId: Hex; readonly receiptHash: Hex }[],
  ): Promise<readonly (StructJson | undefined)[]> {
    const found = new Map<unknown, StructJson>()
    for (let from = 0; from < items.length; from += maximumPage) {
      const ids = items.slice(from, from + maximumPage).map(({ requestId }) => requestId)
      const rows = await this.#store.read(
        `select receipt_hash, bundle from payment_receipts where request_id in (${ids.map(() => '?').join(', ')})`,
        ids,
      )
      for (const row of rows) {
        const { hops } = JSON.parse(row['bundle'] as string) as { hops: readonly { receipt: StructJson }[] }
        found.set(row['receipt_hash'], hops[0]?.receipt as StructJson)
      }
    }
    return items.map(({ receiptHash }) => found.get(receiptHash))
  }

  /**
   * Our own receipts on one channel in the order they became final, newest first, at most 100: the end of its bill. `before` is the
   * request id of the last one of the previous page. Throws `payments/unknown-cursor`.
   */
  async bill(query: {
    readonly channelId: Hex
    readonly limit: number
    readonly before?: Hex
  }): Promise<readonly SignedReceipt[]> {
    let position = Number.MAX_SAFE_INTEGER
    if (query.before !== undefined) {
      const [cursor] = await this.#store.read(
        'select rowid as position from payment_receipts where request_id = ? and channel_id = ?',
        [query.before, query.channelId],
      )
      if (cursor === undefined) throw unknownCursor()
      position = cursor['position'] as number
    }
    // Rows are only ever added, one transaction after the other, so their ids are in the order of the bill.
    const rows = await this.#store.read(
      `select bundle from payment_receipts indexed by payment_receipts_by_channel
      where substr(channel_id, 3, 16) = ? and channel_id = ? and rowid < ? order by rowid desc limit ?`,
      [
        startOf(query.channelId),
        query.channelId,
        position,
        Math.max(1, Math.min(maximumBillPage, Math.trunc(query.limit))),
      ],
    )
    return rows.map((row) => parseBundle(JSON.parse(row['bundle'] as string)).hops[0] as SignedReceipt)
  }

  /** Number and sum of the receipts that ended at or after `sinceMs`. */
  async stats(query: { readonly sinceMs: number }): Promise<ReceiptStats> {
    const [row] = await this.#store.read(
      'select count(*) as count, coalesce(sum(amount_pico_usd), 0) as amount from payment_receipts where ended_at_ms >= ?',
      [query.sinceMs],
    )
    return { count: row?.['count'] as number, amountPicoUsd: BigInt(row?.['amount'] as number | bigint) }
  }

  /** Number and sum of the receipts that ended at or after `sinceMs`, by channel; of one payer or of everybody. */
  async statsByChannel(sinceMs: number, payer?: Address): Promise<ReadonlyMap<Hex, ReceiptStats>> {
    const [index, ofPayer] =
      payer === undefined ? ['ended', ''] : ['by_payer', 'substr(payer, 3, 16) = ? and payer = ? and']
    // Without the name SQLite goes through all receipts, channel by channel, because it groups by them.
    const rows = await this.#store.read(
      `select channel_id, count(*) as count, sum(amount_pico_usd) as amount from payment_receipts
      indexed by payment_receipts_${index} where ${ofPayer} ended_at_ms >= ? group by channel_id`,
      payer === undefined ? [sinceMs] : [startOf(payer), payer, sinceMs],
    )
    return new Map(
      rows.map((row) => [
        row['channel_id'] as Hex,
        { count: row['count'] as number, amountPicoUsd: BigInt(row['amount'] as number | bigint) },
      ]),
    )
  }
}

/** First eight bytes, by which payers and channels are indexed. */
function startOf(hex: Hex): string {
  return hex.slice(2, 18)
}

function summaryOf(row: SqlRow): ReceiptSummary {
  return {
    requestId: row['request_id'] as Hex,
    kind: row['kind'] as string,
    payer: row['payer'] as Address,
    payee: row['payee'] as Address,
    upstreamPayee: (row['upstream_payee'] ?? undefined) as Address | undefined,
    channelId: row['channel_id'] as Hex,
    amountPicoUsd: BigInt(row['amount_pico_usd'] as number | bigint),
    receivedAtMs: row['received_at_ms'] as number,
    firstByteAtMs: row['first_byte_at_ms'] as number,
    endedAtMs: row['ended_at_ms'] as number,
  }
}

function unknownCursor(): KoinonError {
  return new KoinonError({ code: 'payments/unknown-cursor', message: 'The receipt to continue after is not known' })
}
