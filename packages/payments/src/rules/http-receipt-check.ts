/** What can be checked of a receipt of kind `http` (specs/0003-receipts.md section 7). */
import { sha256Hex, type VerifySession } from '@koinon/base'
import {
  type Check,
  checkBundle,
  checkThat,
  fail,
  notChecked,
  type ReceiptBundle,
  type SignedReceipt,
} from '@koinon/work'
import { httpCallType, readHttpCall, requestHashOf } from './http-call.ts'
import { checkPayment, type RecordedPayment } from './payment-check.ts'

export type HttpReceiptToCheck = {
  readonly bundle: ReceiptBundle
  /** Bodies as the caller sent and received them, where it kept them. */
  readonly request?: Uint8Array
  readonly response?: Uint8Array
  /** What the caller wrote down of the payment, where it did. */
  readonly payment?: RecordedPayment
  readonly chainId?: number
  readonly verifySession: VerifySession
}

/**
 * Level L0 of what was bought over HTTP. Method and URL of the request are those that the seller states. The work names no price, so
 * `amount` needs the payer's own record. Whether the answer is any good nobody can compute: there is no higher level.
 */
export function checkHttpBundle(input: HttpReceiptToCheck): readonly Check[] {
  const { bundle, request, response, payment } = input
  const [first] = bundle.hops
  const call = first === undefined ? undefined : callOf(first)
  const paper = checkBundle({
    ...input,
    hashWork: (signed) => httpCallType.hash(readHttpCall(signed)),
    ...(request === undefined || call === undefined
      ? {}
      : { requestHash: requestHashOf(call.method, call.url, request) }),
    ...(response === undefined ? {} : { responseHash: sha256Hex(response) }),
  })
  if (first === undefined || call === undefined) return [...paper, fail('amount', 'the stated work is malformed')]
  return [...paper, checkAmount(first, call.status, payment), checkLength(call.answerBytes, response)]
}

function callOf(signed: SignedReceipt) {
  try {
    return readHttpCall(signed)
  } catch {
    return undefined
  }
}

function checkAmount({ receipt }: SignedReceipt, status: number, payment: RecordedPayment | undefined): Check {
  const name = 'amount'
  if (status >= 400 && receipt.amountPicoUsd > 0n) {
    return fail(name, `${receipt.amountPicoUsd} pico-dollars for status ${status}, which is never charged`)
  }
  return payment === undefined
    ? notChecked(name, 'its work names no price, and what was paid was not written down here')
    : checkPayment(name, payment, receipt)
}

function checkLength(stated: number, response: Uint8Array | undefined): Check {
  return response === undefined
    ? notChecked('counts', 'the response bytes were not given')
    : checkThat('counts', stated === response.length, `${response.length} bytes of answer, stated ${stated}`)
}
