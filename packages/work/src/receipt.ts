/** Receipts (specs/0003-receipts.md): what was asked, answered, done and owed on one hop, signed by the one who is paid. */
import { defineStruct, type Hex, KoinonError, type MerkleProof, type StructJson, type StructValue } from '@koinon/base'
import { parseMerkleProof } from './merkle-proof.ts'
import { parseDelegation, type SignedDelegation } from './session-delegation.ts'

/**
 * `kind` names the layer whose work struct `workHash` commits to. `amountPicoUsd` is the price of this answer and
 * `cumulativePicoUsd` all that the channel owes after it. `previousReceipt` links one session key's receipts;
 * `upstreamReceipt` is the receipt this payee got for passing the work on, or zero when it did the work itself.
 */
export const receiptType = defineStruct('KoinonReceipt', {
  version: 'uint16',
  chainId: 'uint53',
  kind: 'string',
  requestId: 'bytes16',
  payer: 'address',
  payee: 'address',
  channelId: 'bytes32',
  sessionKey: 'bytes32',
  sequence: 'uint53',
  previousReceipt: 'bytes32',
  upstreamReceipt: 'bytes32',
  requestHash: 'bytes32',
  responseHash: 'bytes32',
  workHash: 'bytes32',
  amountPicoUsd: 'uint128',
  cumulativePicoUsd: 'uint128',
  receivedAtMs: 'uint53',
  firstByteAtMs: 'uint53',
  endedAtMs: 'uint53',
  rung: 'uint8',
  attestation: 'bytes32',
})

export type Receipt = StructValue<typeof receiptType.fields>

/** One signature covers all receipts that became final together: the session key signs this struct's hash. */
export const receiptBatchType = defineStruct('KoinonReceiptBatch', {
  chainId: 'uint53',
  sessionKey: 'bytes32',
  root: 'bytes32',
  count: 'uint32',
})

/** A receipt with everything a stranger needs to check who signed it. `work` is the layer's struct as JSON. */
export type SignedReceipt = {
  readonly receipt: Receipt
  readonly work: StructJson
  readonly proof: MerkleProof
  readonly signature: Hex
  readonly delegation: SignedDelegation
}

/** All hops of one answer, the caller's own hop first, the one who did the work last. */
export type ReceiptBundle = { readonly v: 1; readonly hops: readonly SignedReceipt[] }

export const receiptVersion = 1

/** Wire form of a signed receipt. */
export function signedReceiptToJson(signed: SignedReceipt): Record<string, unknown> {
  return { ...signed, receipt: receiptType.toJson(signed.receipt) }
}

/** Parses a signed receipt from outside. Throws `base/bad-field`, `work/bad-delegation` or `work/bad-receipt`. */
export function parseSignedReceipt(json: unknown): SignedReceipt {
  const value = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>
  const signature = String(value['signature'])
  if (!/^0x[0-9a-f]{128}$/.test(signature)) throw badReceipt('its signature is not 64 bytes of lower-case hex')
  if (typeof value['work'] !== 'object' || value['work'] === null) throw badReceipt('its work is missing')
  return {
    receipt: receiptType.fromJson(value['receipt']),
    work: value['work'] as StructJson,
    proof: parseMerkleProof(value['proof']),
    signature: signature as Hex,
    delegation: parseDelegation(value['delegation']),
  }
}

/** Wire form of a bundle. */
export function bundleToJson(bundle: ReceiptBundle): Record<string, unknown> {
  return { v: 1, hops: bundle.hops.map(signedReceiptToJson) }
}

/** Parses a bundle from outside; 1 to 8 hops. Throws as `parseSignedReceipt`. */
export function parseBundle(json: unknown): ReceiptBundle {
  const value = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>
  const hops = value['hops']
  if (value['v'] !== 1 || !Array.isArray(hops) || hops.length < 1 || hops.length > 8) {
    throw badReceipt('it is not a version 1 bundle of 1 to 8 hops')
  }
  return { v: 1, hops: hops.map(parseSignedReceipt) }
}

function badReceipt(problem: string): KoinonError {
  return new KoinonError({ code: 'work/bad-receipt', message: `The receipt is malformed: ${problem}` })
}
