/** What was sold over HTTP, as receipts of kind `http` state it. */
import { defineStruct, type Hex, KoinonError, type StructValue, sha256Hex } from '@koinon/base'
import type { SignedReceipt } from '@koinon/work'

/** Work of a paid HTTP call: its status and the length of its answer in bytes. */
export const httpCallType = defineStruct('KoinonHttpCall', {
  method: 'string',
  url: 'string',
  status: 'uint16',
  answerBytes: 'uint53',
})

export type HttpCall = StructValue<typeof httpCallType.fields>

/** `kind` of receipts whose work is a paid HTTP call. */
export const httpKind = 'http'

/** The work of a signed receipt. Throws `payments/other-kind` or `base/bad-field`. */
export function readHttpCall({ receipt, work }: SignedReceipt): HttpCall {
  if (receipt.kind !== httpKind) {
    throw new KoinonError({
      code: 'payments/other-kind',
      message: `The receipt is of kind "${receipt.kind}", not http`,
    })
  }
  return httpCallType.fromJson(work)
}

/** Whether a payer sends the same commitment again after this answer without a receipt: then it is too early to say that it cost nothing. */
export function isSentAgain(status: number, hasRetryAfter: boolean): boolean {
  return (status >= 500 && status !== 501) || (status === 409 && hasRetryAfter)
}

/** SHA-256 of `METHOD\nURL\nhex of SHA-256 of the body` (specs/0022-machine-payments.md section 6). */
export function requestHashOf(method: string, url: string, body: Uint8Array): Hex {
  return sha256Hex(`${method}\n${url}\n${sha256Hex(body).slice(2)}`)
}
