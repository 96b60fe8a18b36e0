/** The work struct of an inference receipt (specs/0003-receipts.md section 5) as the browser's check needs it. */
import { defineStruct, type Hex } from '@koinon/base'
import type { Check, SignedReceipt } from '@koinon/work'
import { checkThat, notChecked } from '@koinon/work'

export const inferenceWorkType = defineStruct('InferenceWork', {
  model: 'string',
  modelManifest: 'bytes32',
  determinismClass: 'bytes32',
  samplerVersion: 'uint16',
  samplerTemperatureMicro: 'uint32',
  samplerTopPMicro: 'uint32',
  samplerTopK: 'uint32',
  samplerSeed: 'uint53',
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

/** Hash of the stated work; throws when it is malformed. */
export function hashInferenceWork(signed: SignedReceipt): Hex {
  return inferenceWorkType.hash(inferenceWorkType.fromJson(signed.work))
}

/** Whether the amount follows from the stated tokens and prices: at most tokens x price, because a gateway may bill less, never more. */
export function checkAmount(signed: SignedReceipt, prefix: string): Check {
  const name = `${prefix}amount`
  try {
    const work = inferenceWorkType.fromJson(signed.work)
    const price =
      BigInt(work.promptTokens) * work.promptPricePicoUsdPerToken +
      BigInt(work.outputTokens) * work.outputPricePicoUsdPerToken
    return checkThat(
      name,
      signed.receipt.amountPicoUsd <= price,
      `${work.promptTokens} + ${work.outputTokens} tokens at the stated prices are ${price} pico-dollars, asked ${signed.receipt.amountPicoUsd}`,
    )
  } catch {
    return notChecked(name, 'the stated work is malformed, so there is nothing to multiply')
  }
}
