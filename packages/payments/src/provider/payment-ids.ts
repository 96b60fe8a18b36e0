import type { Address, Clock, Hex } from '@koinon/base'
import type { DurableStore, SqlRow, SqlStatement } from '@koinon/base/node'
import { paymentIdBusy, paymentIdReused } from '../rules/paid-call-refusals.ts'
import type { Charge } from '../rules/terms.ts'
import type { StoredAnswer } from './cash-desk.ts'
import { IdFilter } from './id-filter.ts'

/** A call that was done before under the same id. */
export type RepeatedCall = { readonly charge: Charge; readonly answer: StoredAnswer | undefined }

const keptMs = 86_400_000
const mostAnswerBytes = 262_144
const mostKeptBytes = 1 << 30
/** More rows than these are not read at start. */
const mostLoaded = 100_000
/** So many rows may come between two looks at what is kept; 256 MB at most. */
const forgetEvery = 1_024

/**
 * Names of calls (specs/0022-machine-payments.md section 5), durable with the charge. `signer` is whose key signed the commitment; the
 * column is called `payer` since a payer that signs for itself is both.
 */
export class PaymentIds {
  readonly #store: DurableStore
  readonly #clock: Clock
  /** Request hashes of calls under way. */
  readonly #underWay = new Map<string, Hex>()
  readonly #mostKeptBytes: number
  #rows = 0
  /** Ids of rows, those of the last day at least: what is in neither has no row. */
  #filters: readonly [IdFilter, IdFilter] = [new IdFilter(), new IdFilter()]
  #filteredFromMs = Number.POSITIVE_INFINITY
  #rotatedAtMs = 0

  constructor(store: DurableStore, clock: Clock, keptBytes = mostKeptBytes) {
    this.#store = store
    this.#clock = clock
    this.#mostKeptBytes = keptBytes
  }

  /** Loads the names that are kept, so that a new one costs no read. Without it every name is looked up. */
  async start(): Promise<void> {
    const nowMs = this.#clock.nowMs()
    this.#rotatedAtMs = nowMs
    const rows = await this.#store.read('select payer, payment_id from payment_calls limit ?', [mostLoaded + 1])
    for (const row of rows) this.#filters[0].add(keyOf(String(row['payer']), String(row['payment_id'])))
    // With more than were read, the rest is forgotten in a day.
    this.#filteredFromMs = rows.length > mostLoaded ? nowMs + keptMs : nowMs
  }

  /**
   * Begins a call, or finds the one that had its id. The caller has checked that this key signed. A call that began is ended by `end`.
   * Throws `payments/payment-id-busy` or `payments/payment-id-reused`.
   */
  async begin(signer: Address, id: string, requestHash: Hex): Promise<RepeatedCall | undefined> {
    const key = keyOf(signer, id)
    const running = this.#underWay.get(key)
    if (running !== undefined) throw running === requestHash ? paymentIdBusy() : paymentIdReused()
    this.#underWay.set(key, requestHash)
    if (this.#isNew(key)) return undefined
    try {
      const known = await this.find(signer, id, requestHash)
      if (known !== undefined) this.#underWay.delete(key)
      return known
    } catch (error) {
      this.#underWay.delete(key)
      throw error
    }
  }

  /** The call of this id, if it is done. Throws `payments/payment-id-reused`. */
  async find(signer: Address, id: string, requestHash: Hex): Promise<RepeatedCall | undefined> {
    if (this.#isNew(keyOf(signer, id))) return undefined
    const [row] = await this.#store.read(
      'select * from payment_calls where payer = ? and payment_id = ? and ended_at_ms > ?',
      [signer, id, this.#clock.nowMs() - keptMs],
    )
    if (row === undefined) return undefined
    if (row['request_hash'] !== requestHash) throw paymentIdReused()
    return fromRow(row)
  }

  /** The call is over, charged or not. */
  end(signer: Address, id: string): void {
    this.#underWay.delete(keyOf(signer, id))
  }

  /** Row to be written with the charge; an answer beyond 256 kB is not kept. */
  row(signer: Address, id: string, requestHash: Hex, charge: Charge, answer: StoredAnswer | undefined): SqlStatement {
    this.#filters[0].add(keyOf(signer, id))
    if (++this.#rows % forgetEvery === 0) this.forget().catch(() => undefined)
    const kept = answer !== undefined && answer.body.length <= mostAnswerBytes ? answer : undefined
    return {
      sql: `insert or replace into payment_calls (payer, payment_id, request_hash, charge, answer_status, answer_headers, answer_body,
        ended_at_ms) values (?, ?, ?, ?, ?, ?, ?, ?)`,
      values: [
        signer,
        id,
        requestHash,
        JSON.stringify({ chargedAtomic: charge.chargedAtomic.toString(), transaction: charge.transaction }),
        kept?.status ?? null,
        kept === undefined ? null : JSON.stringify(kept.headers),
        kept?.body ?? null,
        this.#clock.nowMs(),
      ],
    }
  }

  /** True only where no row of the last day can have this name. */
  #isNew(key: string): boolean {
    const [current, last] = this.#filters
    return this.#clock.nowMs() >= this.#filteredFromMs && !current.mayHave(key) && !last.mayHave(key)
  }

  /** Forgets what is older than a day, and of the answers all but the newest gigabyte: a call may cost less than its answer's room. */
  async forget(): Promise<void> {
    const nowMs = this.#clock.nowMs()
    if (nowMs - this.#rotatedAtMs > keptMs) {
      this.#filters = [new IdFilter(), this.#filters[0]]
      this.#rotatedAtMs = nowMs
    }
    await this.#store.write([
      // Rows are in the order of their ends: the first that is kept is the end of what is looked at.
      {
        sql: `delete from payment_calls where rowid < coalesce(
          (select rowid from payment_calls where ended_at_ms > ? order by rowid limit 1), ?)`,
        values: [nowMs - keptMs, Number.MAX_SAFE_INTEGER],
      },
      {
        sql: `update payment_calls set answer_status = null, answer_headers = null, answer_body = null
          where answer_body is not null and rowid in (select id from (
            select rowid as id, sum(length(answer_body)) over (order by rowid desc) as bytes
            from payment_calls where answer_body is not null) where bytes > ?)`,
        values: [this.#mostKeptBytes],
      },
    ])
  }
}

function keyOf(signer: string, id: string): string {
  return `${signer}:${id}`
}

function fromRow(row: SqlRow): RepeatedCall {
  const { chargedAtomic, transaction } = JSON.parse(row['charge'] as string) as {
    chargedAtomic: string
    transaction?: Hex
  }
  const status = row['answer_status'] as number | null
  return {
    charge: {
      payer: row['payer'] as Address,
      chargedAtomic: BigInt(chargedAtomic),
      ...(transaction === undefined ? {} : { transaction }),
    },
    answer:
      status === null
        ? undefined
        : {
            status,
            headers: JSON.parse(row['answer_headers'] as string) as Record<string, string>,
            body: row['answer_body'] as Uint8Array,
          },
  }
}
