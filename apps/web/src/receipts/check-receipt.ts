/**
 * The browser's own check of a receipt: level L0 of specs/0003-receipts.md section 7, in this page's process. Heavy (curves and
 * hashes), so it is loaded when the first receipt is there.
 */
import { type Hex, isKoinonError, sha256Hex, verifySession } from '@koinon/base'
import { checkInferenceBundle } from '@koinon/inference/rules'
import { type Check, fail, notChecked, parseBundle, type ReceiptBundle } from '@koinon/work'

/** What is known beside the bundle; whatever is missing is reported as not checked. */
export type ReceiptCheckInput = {
  /** JSON of a bundle, from the stream, the gateway or a file. */
  readonly bundle: unknown
  /** Id that the answer's header named, 32 hexadecimal digits. */
  readonly expectedId?: string | undefined
  readonly requestHash?: Hex | undefined
  readonly responseHash?: Hex | undefined
  readonly chainId?: number | undefined
}

/** A list of checks, never one word. `bundle` is absent when it could not even be read. */
export type ReceiptReport = { readonly checks: readonly Check[]; readonly bundle?: ReceiptBundle }

/** Checks a bundle. Never throws: what is malformed is a failed check. */
export function checkReceipt(input: ReceiptCheckInput): ReceiptReport {
  let bundle: ReceiptBundle
  try {
    bundle = parseBundle(input.bundle)
  } catch (error) {
    return { checks: [fail('shape', isKoinonError(error) ? error.message : 'this is not a receipt bundle')] }
  }
  const checks = checkInferenceBundle({
    bundle,
    ...(input.requestHash === undefined ? {} : { requestHash: input.requestHash }),
    ...(input.responseHash === undefined ? {} : { responseHash: input.responseHash }),
    ...(input.chainId === undefined ? {} : { chainId: input.chainId }),
    verifySession,
  })
  return {
    bundle,
    checks: [
      ...checkId(bundle, input.expectedId),
      ...checks,
      notChecked(
        'payee',
        'whether that account is registered stands on the ledger; `koinon receipt verify` looks it up',
      ),
      notChecked(
        'channel',
        'whether the channel holds a deposit stands on the ledger; `koinon receipt verify` looks it up',
      ),
    ],
  }
}

/** SHA-256 of the very bytes, as receipts hold it. */
export function hashBytes(bytes: Uint8Array): Hex {
  return sha256Hex(bytes)
}

function checkId(bundle: ReceiptBundle, expectedId: string | undefined): readonly Check[] {
  if (expectedId === undefined) return []
  const id = bundle.hops[0]?.receipt.requestId.slice(2) ?? ''
  return [
    id === expectedId
      ? { name: 'id', state: 'pass', detail: `the receipt is the one that this answer's header named, ${id}` }
      : fail('id', `the answer's header named ${expectedId}, the receipt is ${id}`),
  ]
}
