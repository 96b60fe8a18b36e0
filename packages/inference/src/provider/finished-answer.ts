import { type Hex, zeroHash } from '@koinon/base'
import type { AnswerTimes, FinalAnswer, Reservation } from '@koinon/payments/core'
import type { InferenceRequest } from '../rules/inference-request.ts'
import {
  amountOf,
  hashStops,
  hashTokenIds,
  type InferenceWork,
  inferenceKind,
  inferenceWorkType,
} from '../rules/work.ts'
import type { EngineEnd, EngineRequest } from './engine-port.ts'
import { evidenceInsert } from './evidence.ts'
import type { CatalogEntry } from './model-catalog.ts'

/** Everything known of an answer when its last token is out. */
export type FinishedAnswer = {
  readonly requestId: Hex
  readonly payer: Hex
  readonly channelId: Hex
  readonly body: Uint8Array
  readonly bodyHash: Hex
  readonly request: InferenceRequest
  readonly entry: CatalogEntry
  readonly engineRequest: EngineRequest
  readonly reservation: Reservation
  readonly end: EngineEnd
  readonly response: { readonly bytes: Uint8Array; readonly hash: Hex }
  readonly times: AnswerTimes
}

/** The answer as the receipt ledger takes it, with its evidence as a row of the same transaction. */
export function finalAnswerOfInference(answer: FinishedAnswer): FinalAnswer {
  const { requestId, payer, channelId, entry, engineRequest, end, times } = answer
  const work = workOf(answer)
  const isReplayable = end.promptTokenIds !== undefined && end.outputTokenIds !== undefined
  return {
    requestId,
    kind: inferenceKind,
    payer,
    channelId,
    requestHash: answer.bodyHash,
    responseHash: answer.response.hash,
    work: inferenceWorkType.toJson(work),
    workHash: inferenceWorkType.hash(work),
    amountPicoUsd: amountOf(work, work),
    times,
    rung: isReplayable ? entry.offer.rung : 0,
    reservation: answer.reservation,
    extraStatements: [
      evidenceInsert({
        requestId,
        payer,
        atMs: times.endedAtMs,
        request: answer.body,
        response: answer.response.bytes,
        detail: {
          kind: answer.request.input.kind,
          model: entry.offer.model,
          promptTokenIds: end.promptTokenIds,
          outputTokenIds: end.outputTokenIds,
          sampler: { ...engineRequest.sampler, seed: engineRequest.sampler.seed.toString() },
          stop: engineRequest.stop,
          maxTokens: end.maxTokens,
          contextTokens: entry.offer.contextLength,
          finishReason: end.finishReason,
          engine: entry.served.engine.describe().label,
        },
      }),
    ],
  }
}

function workOf({ entry, engineRequest, end }: FinishedAnswer): InferenceWork {
  const { offer } = entry
  const { sampler } = engineRequest
  return {
    model: offer.model,
    modelManifest: offer.modelManifest,
    determinismClass: offer.determinismClass,
    samplerVersion: sampler.version,
    samplerTemperatureMicro: sampler.temperatureMicro,
    samplerTopPMicro: sampler.topPMicro,
    samplerTopK: sampler.topK,
    samplerSeed: sampler.seed,
    maxTokens: end.maxTokens,
    stopHash: hashStops(engineRequest.stop),
    finishReason: end.finishReason,
    promptTokensHash: end.promptTokenIds === undefined ? zeroHash : hashTokenIds(end.promptTokenIds),
    outputTokensHash: end.outputTokenIds === undefined ? zeroHash : hashTokenIds(end.outputTokenIds),
    promptTokens: end.promptTokens,
    cachedTokens: end.cachedTokens,
    outputTokens: end.outputTokens,
    promptPricePicoUsdPerToken: offer.promptPricePicoUsdPerToken,
    outputPricePicoUsdPerToken: offer.outputPricePicoUsdPerToken,
  }
}
