import type { Address, Hex } from '@koinon/base'
import type { DurableStore, SqlStatement } from '@koinon/base/node'
import { type SignedReceipt, signedReceiptToJson } from '@koinon/work'

/**
 * Why a debt stands alone, without a receipt of ours: `unbilled` when our own side of the answer failed after the payee's receipt had
 * come, `recovered` when the payee showed the receipt later, for instance after a crash between its commit and ours.
 */
export type DebtReason = 'unbilled' | 'recovered'

/** A payee's receipt for an answer that we never billed on. We owe its amount all the same. */
export type UpstreamDebt = {
  readonly signed: SignedReceipt
  readonly reason: DebtReason
  readonly recordedAtMs: number
}

/** Row of a debt; one a request and payee, so that nothing is owed twice. */
export function debtInsert({ signed, reason, recordedAtMs }: UpstreamDebt): SqlStatement {
  const { receipt } = signed
  return {
    sql: `insert into payment_debts (request_id, payee, channel_id, amount_pico_usd, reason, recorded_at_ms, receipt)
      values (?, ?, ?, ?, ?, ?, ?)`,
    values: [
      receipt.requestId,
      receipt.payee,
      receipt.channelId,
      receipt.amountPicoUsd,
      reason,
      recordedAtMs,
      JSON.stringify(signedReceiptToJson(signed)),
    ],
  }
}

/** Reads which answers of a payee are on our books already. */
export class DebtArchive {
  readonly #store: DurableStore

  constructor(store: DurableStore) {
    this.#store = store
  }

  /** True when the payee's receipt for this request is on our books, billed or as a debt alone. */
  async isRecorded(requestId: Hex, payee: Address): Promise<boolean> {
    const rows = await this.#store.read(
      `select 1 as one from payment_receipts where request_id = ? and upstream_payee = ?
      union all select 1 from payment_debts where request_id = ? and payee = ? limit 1`,
      [requestId, payee, requestId, payee],
    )
    return rows.length > 0
  }

  /** Sum of the debts to a payee that were recovered at or after `sinceMs`, pico-dollars. */
  async recoveredPicoUsd(payee: Address, sinceMs: number): Promise<bigint> {
    const [row] = await this.#store.read(
      `select coalesce(sum(amount_pico_usd), 0) as amount from payment_debts
      where payee = ? and reason = 'recovered' and recorded_at_ms >= ?`,
      [payee, sinceMs],
    )
    return BigInt(row?.['amount'] as number | bigint)
  }
}
