/** Judging one answer from its receipts and the evidence behind them: by paper (L0), and by doing it again (L2). */
import { type Hex, sha256Hex, type VerifySession } from '@koinon/base'
import { type Check, checkThat, fail, notChecked, type ReceiptBundle, type Rung } from '@koinon/work'
import { answerContent } from '../../rules/answer-content.ts'
import { effectiveMaxTokens, type InferenceInput, type InferenceRequest } from '../../rules/inference-request.ts'
import { parseChatRequest, parseCompletionRequest } from '../../rules/openai-request.ts'
import { checkInferenceBundle } from '../../rules/receipt-check.ts'
import { doneEvent, splitEventStream, sseReceiptComment } from '../../rules/sse.ts'
import { hashTokenIds, type InferenceWork, readInferenceWork } from '../../rules/work.ts'
import type { ReplayEngine, ReplayEvidence } from '../replay/evidence.ts'
import { replay } from '../replay/replay.ts'
import type { AnswerEvidence } from './evidence.ts'

/** What replaying needs of an engine beyond the replay itself; `InferenceEngine` has it. */
export type AnswerEngine = ReplayEngine & {
  readonly modelHash: Hex
  tokenise(input: InferenceInput): { readonly tokenIds: readonly number[] }
}

export type AnswerToVerify = {
  readonly bundle: ReceiptBundle
  /** Undefined when nobody shows it; then only the receipts themselves are checked. */
  readonly evidence: AnswerEvidence | undefined
  /** Bodies as the caller kept them; they count more than what anybody shows. */
  readonly ownRequest?: Uint8Array
  readonly ownResponse?: Uint8Array
  readonly chainId?: number
  readonly verifySession: VerifySession
  /** An engine with the model the receipt names, for L2. */
  readonly engine?: AnswerEngine
  readonly signal?: AbortSignal
}

/**
 * All checks up to `level`; what could not be done is there as notChecked with the reason. L0: the receipts' own checks, and
 * `evidence` and `sampler` when there is evidence. L2: the replay's `class tokens finish text prompt counts`. Limits, stops and
 * sampler come from the request and the signed receipt, never from the unsigned evidence. Throws only what the engine throws.
 */
export async function verifyAnswer(answer: AnswerToVerify, level: Rung): Promise<readonly Check[]> {
  const { bundle, chainId, verifySession } = answer
  const requestBytes = answer.ownRequest ?? answer.evidence?.request
  const responseBytes = answer.ownResponse ?? answer.evidence?.response
  const paper = checkInferenceBundle({
    bundle,
    verifySession,
    ...(chainId === undefined ? {} : { chainId }),
    ...(requestBytes === undefined ? {} : { requestHash: sha256Hex(requestBytes) }),
    ...(responseBytes === undefined ? {} : { responseHash: sha256Hex(hashedPart(responseBytes, bundle)) }),
  })
  const evidence = withOwnBodies(answer)
  if (evidence === undefined)
    return level === 'L0' ? paper : [...paper, ...unreplayed('nobody shows the evidence that a replay needs')]
  const work = workOf(bundle)
  if (work === undefined) return [...paper, fail('evidence', 'the work of the receipt is malformed')]
  const request = requestOf(evidence)
  if (request === undefined)
    return [...paper, fail('evidence', 'the request shown is not a request this network serves')]
  const belongs = checkBelongs(evidence, work)
  const statement = [...paper, belongs, checkSampler(request, work)]
  if (level === 'L0') return statement
  if (belongs.state === 'fail') return [...statement, ...unreplayed('the evidence is not that of the receipt')]
  return [...statement, ...(await checkReplay(answer, evidence, request, work))]
}

/** The tokens shown are the signed ones. Bodies are compared by the receipt's own checks `request` and `response`. */
function checkBelongs({ promptTokenIds, outputTokenIds }: AnswerEvidence, work: InferenceWork): Check {
  if (promptTokenIds === undefined || outputTokenIds === undefined) {
    return notChecked('evidence', 'the provider passes on an engine that does not tell its tokens')
  }
  const holds =
    hashTokenIds(promptTokenIds) === work.promptTokensHash && hashTokenIds(outputTokenIds) === work.outputTokensHash
  return checkThat('evidence', holds, 'prompt and output tokens hash to what the receipt commits to')
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

async function checkReplay(
  { engine, signal }: AnswerToVerify,
  evidence: AnswerEvidence,
  request: InferenceRequest,
  work: InferenceWork,
): Promise<readonly Check[]> {
  const { promptTokenIds, outputTokenIds } = evidence
  if (promptTokenIds === undefined || outputTokenIds === undefined)
    return unreplayed('the provider does not tell its tokens')
  if (engine === undefined) return unreplayed('there is no engine with this model here')
  if (engine.modelHash !== work.modelManifest) {
    return unreplayed(
      `the receipt names model file ${work.modelManifest.slice(0, 12)}…, the one here is ${engine.modelHash.slice(0, 12)}…`,
    )
  }
  const text = answerContent(evidence.response)
  const shown: ReplayEvidence = {
    promptTokenIds,
    outputTokenIds,
    sampler: {
      version: work.samplerVersion,
      temperatureMicro: work.samplerTemperatureMicro,
      topPMicro: work.samplerTopPMicro,
      topK: work.samplerTopK,
      seed: work.samplerSeed,
    },
    finishReason: work.finishReason,
    stop: request.stop,
    // The verifier's own context: a provider that claims a smaller one could cut answers short with a clean conscience.
    maxTokens: effectiveMaxTokens(request, engine.contextTokens),
    contextTokens: engine.contextTokens,
    determinismClass: work.determinismClass,
    promptTokens: work.promptTokens,
    outputTokens: work.outputTokens,
    expectedPromptTokenIds: promptOf(request, engine),
    ...(text === undefined ? {} : { text }),
  }
  return (await replay(engine, shown, signal)).checks
}

function unreplayed(reason: string): readonly Check[] {
  return ['tokens', 'finish', 'text', 'counts'].map((name) => notChecked(name, reason))
}

function requestOf({ kind, request }: AnswerEvidence): InferenceRequest | undefined {
  try {
    return kind === 'chat' ? parseChatRequest(request) : parseCompletionRequest(request)
  } catch {
    return undefined
  }
}

/** The prompt as the verifier itself reads the request; no tokens, which no answer can have, when the model cannot read it. */
function promptOf(request: InferenceRequest, engine: AnswerEngine): readonly number[] {
  try {
    return engine.tokenise(request.input).tokenIds
  } catch {
    return []
  }
}

function withOwnBodies({ evidence, ownRequest, ownResponse }: AnswerToVerify): AnswerEvidence | undefined {
  if (evidence === undefined) return undefined
  return { ...evidence, request: ownRequest ?? evidence.request, response: ownResponse ?? evidence.response }
}

/** The bytes of a kept response that its receipt covers; all of them, which match no receipt, when what follows is not as it was sent. */
function hashedPart(response: Uint8Array, bundle: ReceiptBundle): Uint8Array {
  const isStream = new TextDecoder().decode(response.subarray(0, 5)) === 'data:'
  if (!isStream) return response
  try {
    const { hashedLength } = splitEventStream(response)
    const rest = new TextDecoder().decode(response.subarray(hashedLength))
    const known = ['', doneEvent, sseReceiptComment(bundle) + doneEvent]
    return known.includes(rest) ? response.subarray(0, hashedLength) : response
  } catch {
    return response
  }
}

/** The last hop did the work. */
function workOf(bundle: ReceiptBundle): InferenceWork | undefined {
  try {
    const worker = bundle.hops.at(-1)
    return worker === undefined ? undefined : readInferenceWork(worker)
  } catch {
    return undefined
  }
}
