/** What was sent to the ledger for others, durable before it leaves (specs/0022-machine-payments.md section 9). */
import type { Address, Hex } from '@koinon/base'
import type { DurableStore, SqlRow } from '@koinon/base/node'
import type { AuthorizedMove } from './authorized-move.ts'
import type { SettlementOutcome, SettlementRefusal } from './settler.ts'

export const settlementsSchema = `
create table if not exists settlements (
  key text primary key,
  digest text not null,
  signature_hash text not null,
  kind text not null check (kind in ('transfer', 'deposit')),
  token text not null,
  payer text not null,
  payee text not null,
  value_atomic text not null,
  state text not null check (state in ('sending', 'settled', 'refused')),
  transaction_hash text,
  reason text,
  detail text,
  cost_wei text,
  valid_before integer not null,
  begun_at_ms integer not null,
  ended_at_ms integer
) strict, without rowid;
create index if not exists settlements_begun on settlements (begun_at_ms);
create index if not exists settlements_payer on settlements (payer, begun_at_ms);
`

export type SettlementRow = {
  readonly digest: Hex
  readonly signatureHash: Hex
  readonly begunAtMs: number
  /** The transaction that left last, or is about to. */
  readonly transaction: Hex | undefined
  /** Undefined while nobody knows. */
  readonly outcome: Exclude<SettlementOutcome, { state: 'unknown' }> | undefined
}

/** A payer's authorized move as it is told to the seller's owner; `reason` of a refusal. */
export type SentMove = {
  readonly key: Hex
  readonly kind: 'transfer' | 'deposit'
  readonly state: 'sending' | 'settled' | 'refused'
  readonly payer: Address
  readonly valueAtomic: bigint
  readonly begunAtMs: number
  readonly transaction: Hex | undefined
  readonly reason: string | undefined
}

export type SettlementTotals = {
  readonly settled: number
  readonly refused: number
  readonly open: number
  /** Of settled and refused ones together. */
  readonly costWei: bigint
}

/** Settled rows are kept this long after their authorization ended; by then the token itself refuses it as expired. */
const keptMs = 7 * 86_400_000

export class SettlementBook {
  readonly #store: DurableStore

  constructor(store: DurableStore) {
    this.#store = store
  }

  async get(key: Hex): Promise<SettlementRow | undefined> {
    const [row] = await this.#store.read('select * from settlements where key = ?', [key])
    return row === undefined ? undefined : rowOf(row)
  }

  /** Durable when it resolves; a row that exists is left alone. */
  async begin(move: AuthorizedMove, nowMs: number): Promise<void> {
    await this.#store.write([
      {
        sql: `insert into settlements (key, digest, signature_hash, kind, token, payer, payee, value_atomic, state, valid_before, begun_at_ms)
          values (?, ?, ?, ?, ?, ?, ?, ?, 'sending', ?, ?) on conflict (key) do nothing`,
        values: [
          ...[
            move.key,
            move.digest,
            move.signatureHash,
            move.kind,
            move.token,
            move.from,
            move.gains,
            move.valueAtomic.toString(),
          ],
          ...[Number(move.validBefore), nowMs],
        ],
      },
    ])
  }

  /** Notes the transaction that is about to carry these moves. */
  async sending(keys: readonly Hex[], transaction: Hex): Promise<void> {
    await this.#store.write(
      keys.map((key) => ({
        sql: 'update settlements set transaction_hash = ? where key = ?',
        values: [transaction, key],
      })),
    )
  }

  /** Ends a row for good. `costWei` is its part of the transaction. */
  async end(
    key: Hex,
    outcome: Exclude<SettlementOutcome, { state: 'unknown' }>,
    nowMs: number,
    costWei: bigint | undefined,
  ): Promise<void> {
    const isSettled = outcome.state === 'settled'
    await this.#store.write([
      {
        sql: `update settlements set state = ?, transaction_hash = coalesce(?, transaction_hash), reason = ?, detail = ?,
          cost_wei = coalesce(?, cost_wei), ended_at_ms = ? where key = ?`,
        values: [
          outcome.state,
          isSettled ? outcome.transaction : null,
          isSettled ? null : outcome.reason,
          isSettled ? null : outcome.detail,
          costWei?.toString() ?? null,
          nowMs,
          key,
        ],
      },
    ])
  }

  /** Forgets what ended long ago. */
  async prune(nowMs: number): Promise<void> {
    await this.#store.write([
      {
        sql: `delete from settlements where state <> 'sending' and valid_before < ?`,
        values: [Math.floor((nowMs - keptMs) / 1000)],
      },
    ])
  }

  async failuresOf(payer: Address, sinceMs: number): Promise<number> {
    const [row] = await this.#store.read(
      `select count(*) as failures from settlements
        where payer = ? and begun_at_ms >= ? and state = 'refused' and transaction_hash is not null`,
      [payer, sinceMs],
    )
    return Number(row?.['failures'] ?? 0)
  }

  /** What was begun last, newest first. */
  async recent(limit: number): Promise<readonly SentMove[]> {
    const rows = await this.#store.read('select * from settlements order by begun_at_ms desc, key limit ?', [limit])
    return rows.map((row) => ({
      key: row['key'] as Hex,
      kind: row['kind'] as SentMove['kind'],
      state: row['state'] as SentMove['state'],
      payer: row['payer'] as Address,
      valueAtomic: BigInt(row['value_atomic'] as string),
      begunAtMs: row['begun_at_ms'] as number,
      transaction: (row['transaction_hash'] as Hex | null) ?? undefined,
      reason: (row['reason'] as string | null) ?? undefined,
    }))
  }

  async totals(): Promise<SettlementTotals> {
    const rows = await this.#store.read('select state, cost_wei from settlements')
    const count = (state: string) => rows.filter((row) => row['state'] === state).length
    return {
      settled: count('settled'),
      refused: count('refused'),
      open: count('sending'),
      costWei: rows.reduce((sum, row) => sum + BigInt((row['cost_wei'] as string | null) ?? 0), 0n),
    }
  }
}

function rowOf(row: SqlRow): SettlementRow {
  const transaction = (row['transaction_hash'] ?? undefined) as Hex | undefined
  return {
    digest: row['digest'] as Hex,
    signatureHash: row['signature_hash'] as Hex,
    begunAtMs: row['begun_at_ms'] as number,
    transaction,
    outcome:
      row['state'] === 'sending'
        ? undefined
        : row['state'] === 'settled'
          ? { state: 'settled', transaction: transaction as Hex }
          : { state: 'refused', reason: row['reason'] as SettlementRefusal, detail: row['detail'] as string },
  }
}
