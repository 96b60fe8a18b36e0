/** Judging one answer from its receipts and the evidence behind them: by paper (L0), and by doing it again (L2). */
import { type Hex, sha256Hex, type VerifySession } from '@koinon/base'
import { type Check, checkThat, fail, notChecked, type ReceiptBundle, type Rung } from '@koinon/work'
import type { InferenceInput } from '../../rules/inference-request.ts'
import { parseChatRequest, parseCompletionRequest } from '../../rules/openai-request.ts'
import { checkInferenceBundle } from '../../rules/receipt-check.ts'
import { hashStops, hashTokenIds, type InferenceWork, readInferenceWork } from '../../rules/work.ts'
import type { ReplayEngine } from '../replay/evidence.ts'
import { replay } from '../replay/replay.ts'
import { hashedPart, textOfResponse } from './answer-text.ts'
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
  readonly chainId?: number
  readonly verifySession: VerifySession
  /** An engine with the model the receipt names, for L2. */
  readonly engine?: AnswerEngine
  readonly signal?: AbortSignal
}

/** All checks up to `level`; what could not be done is there as notChecked with the reason. Throws only what the engine throws. */
export async function verifyAnswer(answer: AnswerToVerify, level: Rung): Promise<readonly Check[]> {
  const { bundle, evidence, chainId, verifySession } = answer
  const paper = checkInferenceBundle({
    bundle,
    verifySession,
    ...(chainId === undefined ? {} : { chainId }),
    ...(evidence === undefined
      ? {}
      : { requestHash: sha256Hex(evidence.request), responseHash: sha256Hex(hashedPart(evidence.response)) }),
  })
  const statement = evidence === undefined ? [] : checkStatement(bundle, evidence)
  return level === 'L0' ? [...paper, ...statement] : [...paper, ...statement, ...(await checkReplay(answer))]
}

/** The evidence must be what the worker signed: tokens, sampler, stops, limit and end. */
function checkStatement(bundle: ReceiptBundle, evidence: AnswerEvidence): readonly Check[] {
  const work = workOf(bundle)
  if (work === undefined) return [fail('evidence', 'the work of the receipt is malformed')]
  const { promptTokenIds, outputTokenIds } = evidence
  const differing = [
    ...(promptTokenIds === undefined || hashTokenIds(promptTokenIds) === work.promptTokensHash
      ? []
      : ['prompt tokens']),
    ...(outputTokenIds === undefined || hashTokenIds(outputTokenIds) === work.outputTokensHash
      ? []
      : ['output tokens']),
    ...(hashStops(evidence.stop) === work.stopHash ? [] : ['stop texts']),
    ...(evidence.maxTokens === work.maxTokens ? [] : ['token limit']),
    ...(evidence.finishReason === work.finishReason ? [] : ['finish reason']),
    ...(isSameSampler(evidence, work) ? [] : ['sampler']),
  ]
  return [
    checkThat(
      'evidence',
      differing.length === 0,
      differing.length === 0
        ? 'tokens, sampler, stops and end are the signed ones'
        : `differs from what was signed: ${differing.join(', ')}`,
    ),
  ]
}

async function checkReplay({ bundle, evidence, engine, signal }: AnswerToVerify): Promise<readonly Check[]> {
  const work = workOf(bundle)
  if (evidence === undefined) return [notChecked('tokens', 'nobody shows the evidence that a replay needs')]
  if (work === undefined) return [fail('tokens', 'the work of the receipt is malformed')]
  if (engine === undefined) return [notChecked('tokens', 'there is no engine with this model here')]
  if (evidence.promptTokenIds === undefined || evidence.outputTokenIds === undefined) {
    return [notChecked('tokens', 'the provider passes on an engine that does not tell its tokens')]
  }
  if (engine.modelHash !== work.modelManifest) {
    return [
      notChecked(
        'tokens',
        `the receipt names model file ${work.modelManifest.slice(0, 12)}…, the one here is ${engine.modelHash.slice(0, 12)}…`,
      ),
    ]
  }
  const text = textOfResponse(evidence.response)
  const verdict = await replay(
    engine,
    {
      promptTokenIds: evidence.promptTokenIds,
      outputTokenIds: evidence.outputTokenIds,
      sampler: evidence.sampler,
      finishReason: evidence.finishReason,
      stop: evidence.stop,
      maxTokens: evidence.maxTokens,
      determinismClass: work.determinismClass,
      promptTokens: work.promptTokens,
      outputTokens: work.outputTokens,
      expectedPromptTokenIds: promptOf(evidence, engine),
      ...(text === undefined ? {} : { text }),
    },
    signal,
  )
  return verdict.checks
}

/** The prompt as the verifier itself reads the request; no tokens, which no answer can have, when it is not a request of ours. */
function promptOf(evidence: AnswerEvidence, engine: AnswerEngine): readonly number[] {
  try {
    const request =
      evidence.kind === 'chat' ? parseChatRequest(evidence.request) : parseCompletionRequest(evidence.request)
    return engine.tokenise(request.input).tokenIds
  } catch {
    return []
  }
}

function isSameSampler({ sampler }: AnswerEvidence, work: InferenceWork): boolean {
  return (
    sampler.temperatureMicro === work.samplerTemperatureMicro &&
    sampler.topPMicro === work.samplerTopPMicro &&
    sampler.topK === work.samplerTopK &&
    sampler.seed === work.samplerSeed
  )
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
