/** What an inference receipt commits to (specs/0003-receipts.md section 5). */
import { bytesToHex, defineStruct, type Hex, KoinonError, type StructValue, sha256, utf8ToBytes } from '@koinon/base'
import type { SignedReceipt } from '@koinon/work'

/** `kind` of inference receipts. */
export const inferenceKind = 'inference'

/**
 * `modelManifest` is the SHA-256 of the model file, `determinismClass` the hash of everything that decides the bits (spec 0006);
 * both are zero when the provider only passes on an engine that does not say. The `sampler...` fields are the sampling spec that
 * was used, defaults filled in; temperature and top-p in millionths. Prices are pico-dollars (1e-12 dollar) a token.
 */
export const inferenceWorkType = defineStruct('InferenceWork', {
  model: 'string',
  modelManifest: 'bytes32',
  determinismClass: 'bytes32',
  samplerVersion: 'uint16',
  samplerTemperatureMicro: 'uint32',
  samplerTopPMicro: 'uint32',
  samplerTopK: 'uint32',
  samplerSeed: 'uint64',
  maxTokens: 'uint53',
  stopHash: 'bytes32',
  finishReason: 'string',
  promptTokensHash: 'bytes32',
  outputTokensHash: 'bytes32',
  promptTokens: 'uint53',
  cachedTokens: 'uint53',
  outputTokens: 'uint53',
  promptPricePicoUsdPerToken: 'uint128',
  outputPricePicoUsdPerToken: 'uint128',
})

export type InferenceWork = StructValue<typeof inferenceWorkType.fields>

/** Prices of one model in pico-dollars (1e-12 dollar) a token. */
export type TokenPrices = { readonly promptPricePicoUsdPerToken: bigint; readonly outputPricePicoUsdPerToken: bigint }

/** The `hashWork` that `checkBundle` asks a layer for. Throws when the receipt is not of this layer or its work is malformed. */
export function hashInferenceWork(signed: SignedReceipt): Hex {
  return inferenceWorkType.hash(readInferenceWork(signed))
}

/** The work of a signed receipt. Throws `inference/other-kind` or `base/bad-field`. */
export function readInferenceWork(signed: SignedReceipt): InferenceWork {
  if (signed.receipt.kind !== inferenceKind) {
    throw new KoinonError({
      code: 'inference/other-kind',
      message: `The receipt is of kind "${signed.receipt.kind}", not inference`,
    })
  }
  return inferenceWorkType.fromJson(signed.work)
}

/** SHA-256 over token ids as 4-byte big-endian integers. */
export function hashTokenIds(ids: readonly number[]): Hex {
  const bytes = new Uint8Array(4 * ids.length)
  const view = new DataView(bytes.buffer)
  ids.forEach((id, index) => {
    if (!Number.isInteger(id) || id < 0 || id > 0xffff_ffff) {
      throw new KoinonError({ code: 'inference/bad-token', message: `${id} is not a token id` })
    }
    view.setUint32(4 * index, id)
  })
  return bytesToHex(sha256(bytes))
}

/** SHA-256 over the stop texts in order, each as the 32-byte SHA-256 of its UTF-8 bytes; of no bytes when there are none. */
export function hashStops(stops: readonly string[]): Hex {
  const bytes = new Uint8Array(32 * stops.length)
  stops.forEach((stop, index) => {
    bytes.set(sha256(utf8ToBytes(stop)), 32 * index)
  })
  return bytesToHex(sha256(bytes))
}

/** Price of an answer in pico-dollars: promptTokens x prompt price + outputTokens x output price, exactly. */
export function amountOf(
  tokens: { readonly promptTokens: number; readonly outputTokens: number },
  prices: TokenPrices,
): bigint {
  return (
    BigInt(tokens.promptTokens) * prices.promptPricePicoUsdPerToken +
    BigInt(tokens.outputTokens) * prices.outputPricePicoUsdPerToken
  )
}
