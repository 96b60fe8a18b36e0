/** Checking an inference answer in the user's own process: what its receipts say, and whether the model says the same. */
import { bytesToHex, type Hex } from '@koinon/base'
import { sha256Native, verifySessionNative } from '@koinon/base/node'
import { type Check, checkThat, notChecked, type ReceiptBundle, type SignedReceipt } from '@koinon/work'
import type { EvidenceJson } from '../provider/evidence.ts'
import { answerContent } from '../rules/answer-content.ts'
import { effectiveMaxTokens, type InferenceInput, type InferenceRequest } from '../rules/inference-request.ts'
import { parseChatRequest, parseCompletionRequest } from '../rules/openai-request.ts'
import { checkInferenceBundle } from '../rules/receipt-check.ts'
import { splitEventStream } from '../rules/sse.ts'
import { hashTokenIds, type InferenceWork, readInferenceWork } from '../rules/work.ts'
import { type ReplayEngine, type ReplayEvidence, replay } from './replay/index.ts'

/** Level L0 of an answer whose bodies the caller kept; those it did not keep are `notChecked`. */
export function verifyReceipts(input: {
  readonly bundle: ReceiptBundle
  readonly chainId?: number
  /** The request body as sent. */
  readonly request?: Uint8Array
  /** The answer as received, JSON or event stream. */
  readonly response?: Uint8Array
}): readonly Check[] {
  const { bundle, chainId, request, response } = input
  return checkInferenceBundle({
    bundle,
    verifySession: verifySessionNative,
    ...(chainId === undefined ? {} : { chainId }),
    ...(request === undefined ? {} : { requestHash: hashOf(request) }),
    ...(response === undefined ? {} : { responseHash: hashOf(hashedPart(response)) }),
  })
}

/** An engine that replays and, if it can, reads prompts itself; `InferenceEngine` does both. */
export type VerifyingEngine = ReplayEngine & {
  tokenise?(input: InferenceInput): { readonly tokenIds: readonly number[] }
}

/**
 * Level L2: the evidence is that of the receipt (`evidence`, `sampler`), and the answer is what the model says, token by token
 * (the checks of spec 0006 section 7). Everything is taken from the signed receipt and the request itself where they state it.
 */
export async function verifyByReplay(input: {
  readonly bundle: ReceiptBundle
  readonly evidence: EvidenceJson
  readonly engine: VerifyingEngine
  readonly signal?: AbortSignal
}): Promise<readonly Check[]> {
  const { bundle, evidence, engine, signal } = input
  const worker = bundle.hops.at(-1) as SignedReceipt
  const work = readInferenceWork(worker)
  const { promptTokenIds, outputTokenIds } = evidence
  if (promptTokenIds === undefined || outputTokenIds === undefined) {
    return ['evidence', 'tokens', 'finish', 'text', 'counts'].map((name) =>
      notChecked(name, 'the provider keeps no token ids; its answers can be checked on level L0 only'),
    )
  }
  const requestBytes = Buffer.from(evidence.requestBase64, 'base64')
  const responseBytes = Buffer.from(evidence.responseBase64, 'base64')
  const belongs = checkThat(
    'evidence',
    hashOf(requestBytes) === worker.receipt.requestHash &&
      hashOf(responseBytes) === worker.receipt.responseHash &&
      hashTokenIds(promptTokenIds) === work.promptTokensHash &&
      hashTokenIds(outputTokenIds) === work.outputTokensHash,
    'request, answer and token ids hash to what the receipt commits to',
  )
  if (belongs.state === 'fail') {
    const reason = 'the evidence is not that of the receipt'
    return [belongs, ...['tokens', 'finish', 'text', 'counts'].map((name) => notChecked(name, reason))]
  }
  const request = evidence.kind === 'chat' ? parseChatRequest(requestBytes) : parseCompletionRequest(requestBytes)
  const text = answerContent(responseBytes)
  const prompt = engine.tokenise?.(request.input).tokenIds
  const replayEvidence: ReplayEvidence = {
    promptTokenIds,
    outputTokenIds,
    sampler: samplerOf(work),
    finishReason: work.finishReason,
    stop: request.stop,
    maxTokens: effectiveMaxTokens(request, evidence.contextTokens),
    contextTokens: evidence.contextTokens,
    determinismClass: work.determinismClass,
    promptTokens: work.promptTokens,
    outputTokens: work.outputTokens,
    ...(text === undefined ? {} : { text }),
    ...(prompt === undefined ? {} : { expectedPromptTokenIds: prompt }),
  }
  const { checks } = await replay(engine, replayEvidence, signal)
  return [belongs, checkSampler(request, work), ...checks]
}

function samplerOf(work: InferenceWork): ReplayEvidence['sampler'] {
  return {
    version: work.samplerVersion,
    temperatureMicro: work.samplerTemperatureMicro,
    topPMicro: work.samplerTopPMicro,
    topK: work.samplerTopK,
    seed: work.samplerSeed,
  }
}

/** What the client asked of the sampler is what the receipt says was used. */
function checkSampler(request: InferenceRequest, work: InferenceWork): Check {
  const asked: readonly (readonly [unknown, unknown])[] = [
    [request.temperatureMicro, work.samplerTemperatureMicro],
    [request.topPMicro, work.samplerTopPMicro],
    [request.topK, work.samplerTopK],
    [request.seed, work.samplerSeed],
  ]
  return checkThat(
    'sampler',
    asked.every(([wanted, used]) => wanted === undefined || wanted === used),
    `temperature ${work.samplerTemperatureMicro / 1e6}, top_p ${work.samplerTopPMicro / 1e6}, top_k ${work.samplerTopK}, seed ${work.samplerSeed}`,
  )
}

/** The bytes of an answer that its receipt covers. */
function hashedPart(response: Uint8Array): Uint8Array {
  const isStream = new TextDecoder().decode(response.subarray(0, 5)).startsWith('data:')
  return isStream ? response.subarray(0, splitEventStream(response).hashedLength) : response
}

function hashOf(bytes: Uint8Array): Hex {
  return bytesToHex(sha256Native(bytes))
}
