/** The checks of a receipt that need no network and no model: everything of level L0. Layers add their own checks of `work`. */
import { type Hex, type VerifySession, zeroHash } from '@koinon/base'
import { type Receipt, type ReceiptBundle, receiptType, receiptVersion, type SignedReceipt } from './receipt.ts'
import { verifyReceiptSignature } from './receipt-signing.ts'
import { verifyDelegation } from './session-delegation.ts'
import { type Check, checkThat, notChecked } from './verdict.ts'

export type BundleCheckInput = {
  readonly bundle: ReceiptBundle
  /** SHA-256 of the request body as the caller sent it, if the caller has it. */
  readonly requestHash?: Hex
  /** SHA-256 of the response body as the caller received it (specs/0003 section 4 says up to where), if kept. */
  readonly responseHash?: Hex
  readonly chainId?: number
  readonly verifySession: VerifySession
  /** Hash of the layer's work struct, computed by the layer; throws when malformed. */
  readonly hashWork: (signed: SignedReceipt) => Hex
}

/** Checks of all hops; names carry no hop for the caller's own (`signature`), and `hop2.` and so on for the others. */
export function checkBundle(input: BundleCheckInput): readonly Check[] {
  return input.bundle.hops.flatMap((signed, index) => {
    const prefix = index === 0 ? '' : `hop${index + 1}.`
    return [
      ...checkHop(signed, input).map((check) => ({ ...check, name: `${prefix}${check.name}` })),
      ...checkUpstream(signed, input.bundle.hops[index + 1], prefix),
    ]
  })
}

function checkHop(signed: SignedReceipt, input: BundleCheckInput): readonly Check[] {
  const { receipt, delegation } = signed
  return [
    checkThat(
      'version',
      receipt.version === receiptVersion,
      `receipt version ${receipt.version}, known is ${receiptVersion}`,
    ),
    input.chainId === undefined
      ? notChecked('chain', `receipt says chain ${receipt.chainId}; no chain was given to compare`)
      : checkThat(
          'chain',
          receipt.chainId === input.chainId,
          `receipt chain ${receipt.chainId}, ours ${input.chainId}`,
        ),
    checkThat(
      'signature',
      verifyReceiptSignature(signed, input.verifySession),
      `session key ${receipt.sessionKey.slice(0, 12)}… over the batch of ${signed.proof.count} receipts`,
    ),
    checkThat(
      'delegation',
      delegation.sessionKey === receipt.sessionKey &&
        delegation.signer === receipt.payee &&
        delegation.chainId === receipt.chainId &&
        verifyDelegation(delegation, receipt.endedAtMs),
      `account ${receipt.payee} allowed that session key at the time of the receipt`,
    ),
    compareHash('request', input.requestHash, receipt.requestHash),
    compareHash('response', input.responseHash, receipt.responseHash),
    checkWork(signed, input.hashWork),
    checkTimes(receipt),
    checkThat(
      'owed',
      receipt.cumulativePicoUsd >= receipt.amountPicoUsd,
      `this answer ${receipt.amountPicoUsd} of ${receipt.cumulativePicoUsd} pico-dollars owed on the channel`,
    ),
  ]
}

function checkWork(signed: SignedReceipt, hashWork: BundleCheckInput['hashWork']): Check {
  try {
    return checkThat(
      'work',
      hashWork(signed) === signed.receipt.workHash,
      'the stated work hashes to the signed work hash',
    )
  } catch (error) {
    return checkThat('work', false, `the stated work is malformed: ${(error as Error).message}`)
  }
}

function checkTimes(receipt: Receipt): Check {
  const { receivedAtMs, firstByteAtMs, endedAtMs } = receipt
  return checkThat(
    'times',
    receivedAtMs <= firstByteAtMs && firstByteAtMs <= endedAtMs,
    `received, first byte after ${firstByteAtMs - receivedAtMs} ms, ended after ${endedAtMs - receivedAtMs} ms (the payee's clock)`,
  )
}

function checkUpstream(signed: SignedReceipt, next: SignedReceipt | undefined, prefix: string): readonly Check[] {
  const { receipt } = signed
  const name = `${prefix}upstream`
  if (next === undefined) {
    return receipt.upstreamReceipt === zeroHash
      ? []
      : [notChecked(name, `passed on as ${receipt.upstreamReceipt.slice(0, 12)}…, that receipt was not given`)]
  }
  const inner = next.receipt
  return [
    checkThat(
      name,
      receiptType.hash(inner) === receipt.upstreamReceipt &&
        inner.payer === receipt.payee &&
        inner.requestId === receipt.requestId &&
        inner.requestHash === receipt.requestHash &&
        inner.responseHash === receipt.responseHash,
      `${receipt.payee.slice(0, 10)}… passed the same request to ${inner.payee.slice(0, 10)}… and its answer back unchanged`,
    ),
  ]
}

function compareHash(name: string, known: Hex | undefined, signedHash: Hex): Check {
  return known === undefined
    ? notChecked(name, `the ${name} bytes were not given`)
    : checkThat(
        name,
        known === signedHash,
        `SHA-256 of the ${name} ${known.slice(0, 12)}…, signed ${signedHash.slice(0, 12)}…`,
      )
}
