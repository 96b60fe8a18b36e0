/** Made-up but valid parties and receipts for tests; every key is a repeated byte. */
import {
  bytesToHex,
  createSessionSigner,
  type Hex,
  type SessionSigner,
  secretKeyToAddress,
  signDigest,
  zeroHash,
} from '@koinon/base'
import {
  emptySession,
  type Receipt,
  type ReceiptBundle,
  receiptType,
  type SignedDelegation,
  type SignedReceipt,
  sessionDelegationDigest,
  signReceiptBatch,
} from '@koinon/work'
import { amountOf, hashStops, hashTokenIds, type InferenceWork, inferenceKind, inferenceWorkType } from '../work.ts'

export const exampleChainId = 31_338

export type ExampleParty = {
  readonly account: Hex
  readonly signer: SessionSigner
  readonly delegation: SignedDelegation
}

/** An account whose secret key is `byte` repeated and whose session seed is `byte + 1` repeated. */
export function exampleParty(byte: number): ExampleParty {
  const secret = new Uint8Array(32).fill(byte)
  const signer = createSessionSigner(new Uint8Array(32).fill(byte + 1))
  const account = secretKeyToAddress(secret)
  const plain = {
    chainId: exampleChainId,
    signer: account,
    sessionKey: signer.publicKey,
    validFrom: 1_700_000_000,
    validUntil: 4_000_000_000,
  }
  return { account, signer, delegation: { ...plain, signature: signDigest(sessionDelegationDigest(plain), secret) } }
}

export function exampleWork(changes: Partial<InferenceWork> = {}): InferenceWork {
  return {
    model: 'demo',
    modelManifest: word('11'),
    determinismClass: word('22'),
    samplerVersion: 1,
    samplerTemperatureMicro: 700_000,
    samplerTopPMicro: 1_000_000,
    samplerTopK: 0,
    samplerSeed: 42n,
    maxTokens: 16,
    stopHash: hashStops(['END']),
    finishReason: 'stop',
    promptTokensHash: hashTokenIds([1, 2, 3]),
    outputTokensHash: hashTokenIds([65536, 7]),
    promptTokens: 3,
    cachedTokens: 0,
    outputTokens: 2,
    promptPricePicoUsdPerToken: 50_000n,
    outputPricePicoUsdPerToken: 200_000n,
    ...changes,
  }
}

/** A receipt of `payee` for `work`, alone in its batch. */
export function exampleReceipt(
  payee: ExampleParty,
  payer: Hex,
  work: InferenceWork,
  changes: Partial<Receipt> = {},
): SignedReceipt {
  const amountPicoUsd = amountOf(work, work)
  const receipt = {
    version: 1,
    chainId: exampleChainId,
    kind: inferenceKind,
    requestId: `0x${'0f'.repeat(16)}`,
    payer,
    payee: payee.account,
    channelId: word('33'),
    upstreamReceipt: zeroHash,
    requestHash: word('44'),
    responseHash: word('55'),
    workHash: inferenceWorkType.hash(work),
    amountPicoUsd,
    cumulativePicoUsd: amountPicoUsd + 1_000n,
    receivedAtMs: 1_800_000_000_000,
    firstByteAtMs: 1_800_000_000_010,
    endedAtMs: 1_800_000_000_050,
    rung: 2,
    attestation: zeroHash,
    ...changes,
  } as const
  const { signed } = signReceiptBatch([{ receipt, work: inferenceWorkType.toJson(work) }], emptySession, payee)
  return signed[0] as SignedReceipt
}

/** Two hops that agree: user -> gateway at one price, gateway -> provider at another. */
export function exampleBundle(): ReceiptBundle {
  const [user, gateway, provider] = [exampleParty(1), exampleParty(3), exampleParty(5)]
  const inner = exampleReceipt(provider, gateway.account, exampleWork(), { channelId: word('66') })
  const dearer = exampleWork({ outputPricePicoUsdPerToken: 210_000n })
  const outer = exampleReceipt(gateway, user.account, dearer, { upstreamReceipt: receiptType.hash(inner.receipt) })
  return { v: 1, hops: [outer, inner] }
}

function word(byte: string): Hex {
  return bytesToHex(Buffer.from(byte.repeat(32), 'hex'))
}
