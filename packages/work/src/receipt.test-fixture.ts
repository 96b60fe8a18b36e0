import {
  createSessionSigner,
  defineStruct,
  type Hex,
  type SessionSigner,
  secretKeyToAddress,
  sha256Hex,
  signDigest,
  zeroHash,
} from '@koinon/base'
import type { ReceiptBundle, SignedReceipt } from './receipt.ts'
import { receiptType } from './receipt.ts'
import { emptySession, signReceiptBatch, type UnlinkedReceipt } from './receipt-signing.ts'
import { type SessionDelegation, type SignedDelegation, sessionDelegationDigest } from './session-delegation.ts'

export const chainId = 402_402
export const nowMs = 1_800_000_000_000
export const workType = defineStruct('TestWork', { tokens: 'uint32' })
export const user = `0x${'11'.repeat(20)}` as const

export type Party = { readonly signer: SessionSigner; readonly delegation: SignedDelegation }

/** A payee with a role key and a session key, both derived from one small number. */
export function party(id: number): Party {
  const signer = createSessionSigner(new Uint8Array(32).fill(id))
  const secretKey = new Uint8Array(32).fill(id + 100)
  return {
    signer,
    delegation: delegateSession({ secretKey, sessionKey: signer.publicKey, chainId, nowMs, lifetimeSeconds: 3600 }),
  }
}

export function answer(
  payer: `0x${string}`,
  payee: Party,
  changes: Partial<UnlinkedReceipt['receipt']> = {},
): UnlinkedReceipt {
  const work = { tokens: 12 }
  return {
    work: workType.toJson(work),
    receipt: {
      version: 1,
      chainId,
      kind: 'test',
      requestId: `0x${'07'.repeat(16)}`,
      payer,
      payee: payee.delegation.signer,
      channelId: sha256Hex('channel'),
      upstreamReceipt: zeroHash,
      requestHash: sha256Hex('request'),
      responseHash: sha256Hex('response'),
      workHash: workType.hash(work),
      amountPicoUsd: 5n,
      cumulativePicoUsd: 9n,
      receivedAtMs: nowMs,
      firstByteAtMs: nowMs + 3,
      endedAtMs: nowMs + 9,
      rung: 2,
      attestation: zeroHash,
      ...changes,
    },
  }
}

/** user -> gateway -> provider, the provider's receipt standing third in a batch of five. */
export function twoHops(): ReceiptBundle {
  const gateway = party(1)
  const provider = party(2)
  const batch = Array.from({ length: 5 }, () => answer(gateway.delegation.signer, provider))
  const inner = signReceiptBatch(batch, emptySession, provider).signed[2] as SignedReceipt
  const outer = answer(user, gateway, { upstreamReceipt: receiptType.hash(inner.receipt), amountPicoUsd: 6n })
  return { v: 1, hops: [signReceiptBatch([outer], emptySession, gateway).signed[0] as SignedReceipt, inner] }
}

/** Signs a delegation with the role's secret key; valid from a minute before `nowMs`, so that small clock differences do no harm. */
export function delegateSession(options: {
  readonly secretKey: Uint8Array
  readonly sessionKey: Hex
  readonly chainId: number
  readonly nowMs: number
  readonly lifetimeSeconds: number
}): SignedDelegation {
  const nowSeconds = Math.floor(options.nowMs / 1000)
  const delegation: SessionDelegation = {
    chainId: options.chainId,
    signer: secretKeyToAddress(options.secretKey),
    sessionKey: options.sessionKey,
    validFrom: nowSeconds - 60,
    validUntil: nowSeconds + options.lifetimeSeconds,
  }
  return { ...delegation, signature: signDigest(sessionDelegationDigest(delegation), options.secretKey) }
}
