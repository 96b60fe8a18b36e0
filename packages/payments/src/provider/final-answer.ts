import { atomicToPicoUsd, type Hex, KoinonError } from '@koinon/base'
import type { HeldVoucher, Reservation } from '../core/channel-book.ts'
import type { FinalAnswer } from '../core/receipt-types.ts'
import type { CallResult, PaidCall } from './cash-desk.ts'

/** What a held payment knows beside call and result. */
export type AnswerParties = {
  readonly requestId: Hex
  readonly payer: Hex
  readonly channelId: Hex
  readonly reservation: Reservation
  readonly voucher?: HeldVoucher
}

/** A paid call as the receipt ledger takes it. Throws `payments/over-reservation` beyond what the terms allow. */
export function finalAnswerOf(call: PaidCall, result: CallResult, parties: AnswerParties): FinalAnswer {
  const { chargedAtomic, extraStatements } = result
  if (chargedAtomic < 0n) {
    throw new KoinonError({ code: 'payments/bad-amount', message: 'A charge cannot be negative' })
  }
  return {
    ...parties,
    kind: result.kind,
    requestHash: call.requestHash,
    responseHash: result.responseHash,
    work: result.work,
    workHash: result.workHash,
    amountPicoUsd: atomicToPicoUsd(chargedAtomic),
    times: result.times,
    rung: 0,
    ...result.receipt,
    ...(extraStatements === undefined ? {} : { extraStatements }),
  }
}

/** Whoever passed the call on books its own debt when it hears that the outcome is unknown. */
export function withoutUpstream(result: CallResult): CallResult {
  if (result.receipt === undefined) return result
  const { requestId, requestHash, amountPicoUsd, rung, attestation } = result.receipt
  const kept = Object.entries({ requestId, requestHash, amountPicoUsd, rung, attestation })
  return { ...result, receipt: Object.fromEntries(kept.filter(([, value]) => value !== undefined)) }
}
