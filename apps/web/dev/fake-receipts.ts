/** Genuinely signed two-hop receipts for invented answers: gateway -> miner, each linked, hashed and signed as specs/0003 says. */
import { type Address, bytesToHex, type Hex, sha256Hex, zeroHash } from '@koinon/base'
import { inferenceWorkType } from '@koinon/inference/rules'
import {
  bundleToJson,
  type ReceiptBundle,
  receiptType,
  receiptVersion,
  type SignedReceipt,
  signReceiptBatch,
} from '@koinon/work'
import { type FakeActor, fakeChainId, seedBytes } from './fake-actors.ts'

/** Prices of the fake model: 0.05 and 0.20 dollars per million tokens. */
export const fakePrices = { prompt: 50_000n, output: 200_000n } as const

/** One answer to be receipted. Times in milliseconds. */
export type FakeAnswer = {
  readonly requestId: Hex
  readonly payer: Address
  readonly model: string
  readonly requestBytes: Uint8Array
  readonly responseBytes: Uint8Array
  readonly promptTokens: number
  readonly outputTokens: number
  readonly receivedAtMs: number
  readonly firstByteAtMs: number
  readonly endedAtMs: number
  readonly cumulativePicoUsd: bigint
}

/** Signs both hops. The gateway adds a tenth on top of the miner's price by stating its own prices. */
export function signFakeAnswer(answer: FakeAnswer, gateway: FakeActor, miner: FakeActor): ReceiptBundle {
  const inner = signHop(answer, gateway.account, miner, zeroHash, fakePrices)
  const outer = signHop(answer, answer.payer, gateway, receiptType.hash(inner.receipt), {
    prompt: (fakePrices.prompt * 11n) / 10n,
    output: (fakePrices.output * 11n) / 10n,
  })
  return { v: 1, hops: [outer, inner] }
}

/** The bundle's JSON, as it travels. */
export function bundleText(bundle: ReceiptBundle): string {
  return JSON.stringify(bundleToJson(bundle))
}

function signHop(
  answer: FakeAnswer,
  payer: Address,
  payee: FakeActor,
  upstreamReceipt: Hex,
  price: { readonly prompt: bigint; readonly output: bigint },
): SignedReceipt {
  const work = workOf(answer, price)
  const amountPicoUsd = BigInt(answer.promptTokens) * price.prompt + BigInt(answer.outputTokens) * price.output
  const { signed, tip } = signReceiptBatch(
    [
      {
        work: inferenceWorkType.toJson(work),
        receipt: {
          version: receiptVersion,
          chainId: fakeChainId,
          kind: 'inference',
          requestId: answer.requestId,
          payer,
          payee: payee.account,
          channelId: bytesToHex(seedBytes(`channel ${payer} ${payee.account}`)),
          upstreamReceipt,
          requestHash: sha256Hex(answer.requestBytes),
          responseHash: sha256Hex(answer.responseBytes),
          workHash: inferenceWorkType.hash(work),
          amountPicoUsd,
          cumulativePicoUsd: answer.cumulativePicoUsd + amountPicoUsd,
          receivedAtMs: answer.receivedAtMs,
          firstByteAtMs: answer.firstByteAtMs,
          endedAtMs: answer.endedAtMs,
          rung: 2,
          attestation: zeroHash,
        },
      },
    ],
    payee.tip,
    payee,
  )
  payee.tip = tip
  return signed[0] as SignedReceipt
}

function workOf(answer: FakeAnswer, price: { readonly prompt: bigint; readonly output: bigint }) {
  return {
    model: answer.model,
    modelManifest: bytesToHex(seedBytes(`manifest of ${answer.model}`)),
    determinismClass: bytesToHex(seedBytes('determinism class')),
    samplerVersion: 1,
    samplerTemperatureMicro: 700_000,
    samplerTopPMicro: 950_000,
    samplerTopK: 40,
    samplerSeed: 7n,
    maxTokens: 512,
    stopHash: zeroHash,
    finishReason: 'stop',
    promptTokensHash: bytesToHex(seedBytes('prompt tokens')),
    outputTokensHash: bytesToHex(seedBytes('output tokens')),
    promptTokens: answer.promptTokens,
    cachedTokens: 0,
    outputTokens: answer.outputTokens,
    promptPricePicoUsdPerToken: price.prompt,
    outputPricePicoUsdPerToken: price.output,
  }
}
