import type { Address, Hex } from '@koinon/base'
import type { DurableStore, SqlRow, SqlStatement } from '@koinon/base/node'
import type { PaymentAuthorization } from './settler.ts'

/**
 * `settling` is durable before a transaction leaves; `unknown` until the ledger says; `settled` is paid and not answered yet; `answered`
 * has its receipt. What is only held is nowhere: a crash frees it.
 */
export type ExactState = 'settling' | 'unknown' | 'settled' | 'answered' | 'refused'

export type ExactPaymentRow = {
  readonly key: Hex
  readonly state: ExactState
  readonly channelId: Hex
  readonly requestHash: Hex
  readonly authorization: PaymentAuthorization
  readonly transaction: Hex | undefined
  readonly updatedAtMs: number
}

/** Row of a payment that is about to be settled. */
export function exactInsert(payment: ExactPaymentRow): SqlStatement {
  const { key, state, authorization, channelId, requestHash, transaction, updatedAtMs } = payment
  return {
    sql: `insert into payment_exact (key, state, payer, channel_id, request_hash, authorization, transaction_hash, updated_at_ms,
      valid_before) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    values: [
      key,
      state,
      authorization.from,
      channelId,
      requestHash,
      authorizationToText(authorization),
      transaction ?? null,
      updatedAtMs,
      authorization.validBefore,
    ],
  }
}

/** A payment's next state. */
export function exactUpdate(key: Hex, state: ExactState, transaction: Hex | undefined, nowMs: number): SqlStatement {
  return {
    sql: `update payment_exact set state = ?, transaction_hash = coalesce(?, transaction_hash), updated_at_ms = ? where key = ?`,
    values: [state, transaction ?? null, nowMs, key],
  }
}

/** The durable part of exact payments. */
export class ExactPayments {
  readonly #store: DurableStore

  constructor(store: DurableStore) {
    this.#store = store
  }

  async get(key: Hex): Promise<ExactPaymentRow | undefined> {
    const [row] = await this.#store.read('select * from payment_exact where key = ?', [key])
    return row === undefined ? undefined : fromRow(row)
  }

  /** Payments whose outcome nobody knows; those of a process that is gone included. */
  async unknown(): Promise<readonly ExactPaymentRow[]> {
    const rows = await this.#store.read(
      "select * from payment_exact where state = 'unknown' order by updated_at_ms limit 1000",
    )
    return rows.map(fromRow)
  }

  /** Times at which payments were refused when they were settled, by payer. */
  async refusedSince(sinceMs: number): Promise<readonly { readonly payer: Address; readonly atMs: number }[]> {
    const rows = await this.#store.read(
      "select payer, updated_at_ms from payment_exact where state = 'refused' and updated_at_ms >= ? limit 100000",
      [sinceMs],
    )
    return rows.map((row) => ({ payer: row['payer'] as Address, atMs: row['updated_at_ms'] as number }))
  }

  write(statements: readonly SqlStatement[]): Promise<void> {
    return this.#store.write(statements)
  }

  /** What a process left behind when it died: transactions may have left. */
  async adopt(): Promise<void> {
    await this.#store.write([{ sql: "update payment_exact set state = 'unknown' where state = 'settling'" }])
  }

  /** Forgets payments that have had their answer or their refusal and whose authorization nobody can use any more. */
  async forget(nowSeconds: number): Promise<void> {
    await this.#store.write([
      {
        sql: "delete from payment_exact where state in ('answered', 'refused') and valid_before < ?",
        values: [nowSeconds - keptSeconds],
      },
      {
        sql: "delete from payment_exact where state = 'settled' and valid_before < ?",
        values: [nowSeconds - paidSeconds],
      },
    ])
  }
}

const keptSeconds = 3_600
/** Who paid and never had an answer may come back for it this long. */
const paidSeconds = 7 * 86_400

function fromRow(row: SqlRow): ExactPaymentRow {
  return {
    key: row['key'] as Hex,
    state: row['state'] as ExactState,
    channelId: row['channel_id'] as Hex,
    requestHash: row['request_hash'] as Hex,
    authorization: authorizationFromText(row['authorization'] as string),
    transaction: (row['transaction_hash'] as Hex | null) ?? undefined,
    updatedAtMs: row['updated_at_ms'] as number,
  }
}

function authorizationToText(authorization: PaymentAuthorization): string {
  return JSON.stringify(authorization, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))
}

const amounts: ReadonlySet<string> = new Set(['valueAtomic', 'validAfter', 'validBefore', 'maximumAtomic', 'deadline'])

function authorizationFromText(text: string): PaymentAuthorization {
  const { allowance, ...rest } = JSON.parse(text, (key, value: unknown) =>
    amounts.has(key) ? BigInt(value as string) : value,
  )
  return allowance === undefined ? rest : { ...rest, allowance: { ...allowance, nonce: BigInt(allowance.nonce) } }
}
