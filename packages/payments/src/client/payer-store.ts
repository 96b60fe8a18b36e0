/** What a payer must not forget: channels, commitments whose outcome is open, and what was spent. */
import type { Hex } from '@koinon/base'
import type { SqlStatement, SqlValue } from '@koinon/base/node'
import type { PayerChannel } from '../rules/payer-channel.ts'
import type { Commitment } from '../rules/terms.ts'

/**
 * `open`: signed, outcome not known; `charged`; `free`: the seller did no work and cannot charge; `lost`: charged, or perhaps charged, and no
 * answer ever came.
 */
export type PayerCallState = 'open' | 'charged' | 'free' | 'lost'

export type PayerCall = {
  readonly paymentId: string
  readonly origin: string
  readonly resourceUrl: string
  /** What was asked, so that the same request finds its commitment again. */
  readonly requestHash: Hex
  readonly commitment: Commitment
  readonly maximumAtomic: bigint
  readonly chargedAtomic: bigint
  readonly state: PayerCallState
  readonly startedAtMs: number
}

export type PayerRecords = { readonly channels: readonly PayerChannel[]; readonly calls: readonly PayerCall[] }

/** Durable before it resolves; one save is kept whole or not at all. */
export type PayerStore = {
  /** All channels, and all calls: the totals are their sum. */
  load(): Promise<PayerRecords>
  save(changes: Partial<PayerRecords>): Promise<void>
  find(paymentId: string): Promise<PayerCall | undefined>
}

/** Keeps nothing beyond the process: whoever uses it may pay again for a call that a crash cut off. */
export function memoryPayerStore(): PayerStore {
  const channels = new Map<string, PayerChannel>()
  const calls = new Map<string, PayerCall>()
  return {
    async load() {
      return { channels: [...channels.values()], calls: [...calls.values()] }
    },
    async save(changes) {
      for (const channel of changes.channels ?? []) channels.set(channel.channelId, channel)
      for (const call of changes.calls ?? []) calls.set(call.paymentId, call)
    },
    async find(paymentId) {
      return calls.get(paymentId)
    },
  }
}

/** Tables of `durablePayerStore`. */
export const payerSchema = `
  create table if not exists payer_channels (channel_id text primary key, record text not null) strict;
  create table if not exists payer_calls (payment_id text primary key, record text not null) strict;
`

/** The part of a `DurableStore` that is needed. */
export type PayerDatabase = {
  write(statements: readonly SqlStatement[]): Promise<void>
  read(sql: string, values?: readonly SqlValue[]): Promise<readonly Readonly<Record<string, SqlValue>>[]>
}

/** Rows in a store that was opened with `payerSchema`. One payer a store: two would not know of each other's vouchers. */
export function durablePayerStore(database: PayerDatabase): PayerStore {
  const rows = async <record>(table: string): Promise<record[]> =>
    (await database.read(`select record from ${table} order by rowid`)).map(
      ({ record }) => decode(String(record)) as record,
    )
  return {
    load: async () => ({
      channels: await rows<PayerChannel>('payer_channels'),
      calls: await rows<PayerCall>('payer_calls'),
    }),
    save: ({ channels = [], calls = [] }) =>
      database.write([
        ...channels.map((channel) => put('payer_channels', channel.channelId, channel)),
        ...calls.map((call) => put('payer_calls', call.paymentId, call)),
      ]),
    async find(paymentId) {
      const [row] = await database.read('select record from payer_calls where payment_id = ?', [paymentId])
      return row === undefined ? undefined : (decode(String(row['record'])) as PayerCall)
    },
  }
}

function put(table: string, key: string, record: unknown): SqlStatement {
  return { sql: `insert or replace into ${table} values (?, ?)`, values: [key, encode(record)] }
}

/** JSON with bigints as `{"atomic": "1"}`, a shape that no record has otherwise. */
function encode(record: unknown): string {
  return JSON.stringify(record, (_key, value: unknown) =>
    typeof value === 'bigint' ? { atomic: value.toString() } : value,
  )
}

function decode(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && 'atomic' in value
      ? BigInt((value as { readonly atomic: string }).atomic)
      : value,
  )
}
