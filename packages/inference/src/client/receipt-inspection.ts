import { type Hex, KoinonError, type VerifySession } from '@koinon/base'
import { verifySessionNative } from '@koinon/base/node'
import {
  DelegationMemory,
  parseSignedReceipt,
  receiptVersion,
  type SignedReceipt,
  verifyReceiptSignature,
} from '@koinon/work'
import type { InferenceRequest } from '../rules/inference-request.ts'
import type { ModelOffer } from '../rules/offer.ts'
import { workObjection } from '../rules/receipt-check.ts'
import { amountOf, type InferenceWork, inferenceWorkType, readInferenceWork } from '../rules/work.ts'

/** What the gateway knows itself about the answer a receipt must be for. */
export type ExpectedReceipt = {
  readonly chainId: number
  readonly requestId: Hex
  readonly payer: Hex
  readonly payee: Hex
  readonly channelId: Hex
  readonly requestHash: Hex
  readonly responseHash: Hex
  readonly requestBytes: number
  readonly responseBytes: number
  readonly isCancelled: boolean
  readonly request: InferenceRequest
  readonly model: ModelOffer
  readonly nowMs: number
}

export type InspectedReceipt = { readonly signed: SignedReceipt; readonly work: InferenceWork }

/** A provider's clock may differ from ours by this much. */
const clockToleranceMs = 600_000
const maximumRemembered = 512

/** Checks providers' receipts before anybody is charged. Signatures of a batch and delegations are checked once. */
export class ReceiptInspector {
  readonly #delegations = new DelegationMemory()
  readonly #signatures = new Set<string>()

  /** Parses and checks a trailer. Throws `gateway/bad-receipt` with what is wrong. */
  inspect(trailer: string | undefined, expected: ExpectedReceipt): InspectedReceipt {
    if (trailer === undefined) throw badReceipt('it is missing')
    const inspected = parse(trailer)
    const objection =
      identityObjection(inspected.signed, expected) ??
      this.#signatureObjection(inspected.signed) ??
      workObjection(inspected.work, expected)
    if (objection !== undefined) throw badReceipt(objection)
    if (inspected.signed.receipt.amountPicoUsd !== amountOf(inspected.work, inspected.work)) {
      throw badReceipt('its amount is not tokens times price')
    }
    return inspected
  }

  #signatureObjection(signed: SignedReceipt): string | undefined {
    const { receipt, delegation } = signed
    const isDelegated =
      delegation.sessionKey === receipt.sessionKey &&
      delegation.signer === receipt.payee &&
      delegation.chainId === receipt.chainId &&
      this.#delegations.holds(delegation, receipt.endedAtMs)
    if (!isDelegated) return 'its session key is not delegated by the provider'
    return verifyReceiptSignature(signed, this.#verify) ? undefined : 'its signature does not hold'
  }

  readonly #verify: VerifySession = (publicKey, message, signature) => {
    const key = `${publicKey}${Buffer.from(message).toString('base64')}${signature}`
    if (this.#signatures.has(key)) return true
    if (!verifySessionNative(publicKey, message, signature)) return false
    if (this.#signatures.size >= maximumRemembered) {
      this.#signatures.delete(this.#signatures.values().next().value as string)
    }
    this.#signatures.add(key)
    return true
  }
}

function parse(trailer: string): InspectedReceipt {
  try {
    const signed = parseSignedReceipt(JSON.parse(Buffer.from(trailer, 'base64url').toString('utf8')))
    const work = readInferenceWork(signed)
    if (inferenceWorkType.hash(work) !== signed.receipt.workHash) throw new Error('its work is not the signed one')
    return { signed, work }
  } catch (cause) {
    throw badReceipt((cause as Error).message)
  }
}

function identityObjection({ receipt }: SignedReceipt, expected: ExpectedReceipt): string | undefined {
  if (receipt.version !== receiptVersion) return `its version is ${receipt.version}`
  if (receipt.chainId !== expected.chainId) return 'it is for another chain'
  if (receipt.requestId !== expected.requestId) return 'it is for another request'
  if (receipt.payer !== expected.payer || receipt.payee !== expected.payee) return 'it names other parties'
  if (receipt.channelId !== expected.channelId) return 'it names another channel'
  if (receipt.requestHash !== expected.requestHash) return 'its request hash differs from what we sent'
  if (receipt.responseHash !== expected.responseHash) return 'its response hash differs from what we received'
  if (receipt.cumulativePicoUsd < receipt.amountPicoUsd) return 'its cumulative amount is below its amount'
  if (Math.abs(receipt.endedAtMs - expected.nowMs) > clockToleranceMs) return 'its time is not ours'
  return undefined
}

function badReceipt(problem: string): KoinonError {
  return new KoinonError({ code: 'gateway/bad-receipt', message: `The provider's receipt does not hold: ${problem}` })
}
