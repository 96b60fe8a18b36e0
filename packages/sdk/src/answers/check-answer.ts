/** What the receipts of one answer come to (specs/0026-agents.md section 7). */
import { type Hex, sha256Hex, verifySession } from '@koinon/base'
import { checkInferenceBundle, splitEventStream } from '@koinon/inference/rules'
import type { PaymentReceipt } from '@koinon/payments/client'
import { checkPayment } from '@koinon/payments/rules'
import { type Check, checkThat, fail, notChecked, parseBundle, type Receipt, type ReceiptBundle } from '@koinon/work'

/** Receipts of an answer and every check of them; there is no single word for it. */
export type AnswerReceipt = {
  readonly receiptId: string | undefined
  readonly bundle: ReceiptBundle | undefined
  readonly checks: readonly Check[]
  /** What was paid, where the call was paid by itself. */
  readonly payment: PaymentReceipt | undefined
}

/** One answer as its client had it. */
export type KeptAnswer = {
  /** Bytes that were sent; undefined where they were not at hand. */
  readonly request: Uint8Array | undefined
  readonly response: Uint8Array
  readonly isStream: boolean
  /** `x-koinon-receipt`. */
  readonly receiptId: string | undefined
  /** The bundle's JSON of an answer that is no stream. Throws what kept it from being had. */
  readonly findReceipt: () => Promise<unknown>
  readonly payment: PaymentReceipt | undefined
  readonly chainId: number | undefined
}

/** Checks an answer at level L0; never rejects. */
export async function checkAnswer(answer: KeptAnswer): Promise<AnswerReceipt> {
  const { receiptId, payment, response } = answer
  const without = (check: Check): AnswerReceipt => ({ receiptId, bundle: undefined, checks: [check], payment })
  let bundle: ReceiptBundle | undefined
  let hashedLength = response.length
  try {
    if (answer.isStream) ({ bundle, hashedLength } = splitEventStream(response))
    else {
      let json: unknown
      try {
        json = await answer.findReceipt()
      } catch (error) {
        return without(notChecked('receipt', `it could not be had: ${(error as Error).message}`))
      }
      bundle = json === undefined ? undefined : parseBundle(json)
    }
    if (bundle === undefined) return without(fail('receipt', 'the answer carries no receipt'))
    return {
      receiptId,
      bundle,
      checks: checksOf(answer, bundle, sha256Hex(response.subarray(0, hashedLength))),
      payment,
    }
  } catch (error) {
    return without(fail('receipt', `it cannot be read: ${(error as Error).message}`))
  }
}

function checksOf(answer: KeptAnswer, bundle: ReceiptBundle, responseHash: Hex): readonly Check[] {
  const { request, receiptId, chainId, payment } = answer
  const outer = bundle.hops[0]?.receipt
  return [
    checkThat(
      'receipt',
      outer !== undefined && outer.requestId === receiptId,
      `the answer says ${receiptId ?? 'nothing'}, its receipt ${outer?.requestId ?? 'nothing'}`,
    ),
    ...checkInferenceBundle({
      bundle,
      verifySession,
      responseHash,
      ...(request === undefined ? {} : { requestHash: sha256Hex(request) }),
      ...(chainId === undefined ? {} : { chainId }),
    }),
    ...(payment === undefined ? [] : [ofPayment(payment, outer)]),
  ]
}

function ofPayment(payment: PaymentReceipt, outer: Receipt | undefined): Check {
  if (outer === undefined) return fail('payment', 'there is no receipt')
  return checkPayment('payment', { ...payment, payTo: payment.terms.payTo }, outer)
}
