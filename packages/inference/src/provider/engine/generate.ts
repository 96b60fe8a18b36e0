import { AnswerText } from '../../rules/determinism-text.ts'
import type { TokenBytes } from '../../rules/gguf/token-bytes.ts'
import type { FinishReason } from '../../rules/openai-response.ts'
import { logProbability, neededLogits, type SamplerSettings, sampleToken } from '../../rules/sampler.ts'
import type { TokenEvent, TokenLogprob } from './request.ts'
import type { EvaluatedRow, EvenSequence } from './sequence.ts'

/** What the loop needs to know of the model. */
export type GenerationModel = {
  readonly vocabularySize: number
  readonly tokenBytes: TokenBytes
  readonly isEndToken: (tokenId: number) => boolean
}

export type GenerationPlan = {
  readonly promptTokenIds: readonly number[]
  readonly maxTokens: number
  readonly sampler: SamplerSettings
  readonly stop: readonly string[]
  readonly topLogprobs: number | undefined
}

export type GenerationOutcome = {
  readonly finishReason: Exclude<FinishReason, 'abort'>
  readonly heldText: string
}

/** Hooks of one run: where tokens go, and when the prompt has been read. */
export type GenerationSink = {
  readonly onPromptRead: () => void
  readonly onToken: (event: TokenEvent, probability: number) => void
}

/**
 * Generates one answer on a sequence of its own, token by token, by the canonical sampler. The position a token is drawn for
 * is the number of tokens before it. Rejects with the signal's reason when it aborts.
 */
export async function generateAnswer(
  sequence: EvenSequence,
  model: GenerationModel,
  plan: GenerationPlan,
  sink: GenerationSink,
  signal: AbortSignal,
): Promise<GenerationOutcome> {
  const width = Math.max(neededLogits(plan.sampler, model.vocabularySize), plan.topLogprobs ?? 0)
  const answer = new AnswerText(model.tokenBytes, plan.stop)
  const prompt = plan.promptTokenIds
  let lastToken = prompt.at(-1) as number
  let [row] = await sequence.append(prompt, prompt.length - 1, width, signal)
  sink.onPromptRead()
  for (let count = 0; count < plan.maxTokens; count++) {
    signal.throwIfAborted()
    const position = prompt.length + count
    const drawn = await drawToken(sequence, row as EvaluatedRow, plan.sampler, position, lastToken, signal)
    if (model.isEndToken(drawn.tokenId)) return { finishReason: 'stop', heldText: answer.end() }
    const piece = answer.push(drawn.tokenId)
    sink.onToken(tokenEvent(drawn, piece.text, plan.topLogprobs), Math.exp(logprobOf(drawn.row, drawn.tokenId)))
    if (piece.isStopped) return { finishReason: 'stop', heldText: '' }
    if (count + 1 === plan.maxTokens) break
    lastToken = drawn.tokenId
    ;[row] = await sequence.append([lastToken], 0, width, signal)
  }
  return { finishReason: 'length', heldText: answer.end() }
}

type Drawn = { readonly tokenId: number; readonly row: EvaluatedRow }

async function drawToken(
  sequence: EvenSequence,
  row: EvaluatedRow,
  sampler: SamplerSettings,
  position: number,
  lastToken: number,
  signal: AbortSignal,
): Promise<Drawn> {
  const tokenId = sampleToken(row, sampler, position)
  if (tokenId !== undefined) return { tokenId, row }
  const complete = await sequence.lastRowComplete(lastToken, signal)
  return { tokenId: sampleToken(complete, sampler, position) as number, row: complete }
}

function tokenEvent(drawn: Drawn, text: string, topLogprobs: number | undefined): TokenEvent {
  const event: TokenEvent = { kind: 'token', tokenId: drawn.tokenId, text }
  if (topLogprobs === undefined) return event
  return {
    ...event,
    logprob: logprobOf(drawn.row, drawn.tokenId),
    topLogprobs: largestOf(drawn.row, topLogprobs),
  }
}

function logprobOf(row: EvaluatedRow, tokenId: number): number {
  const index = Array.prototype.indexOf.call(row.tokenIds, tokenId)
  return logProbability(row.logits[index] as number, largestLogit(row), row.weightSum)
}

function largestOf(row: EvaluatedRow, count: number): readonly TokenLogprob[] {
  const largest = largestLogit(row)
  return Array.from(row.logits, (logit, index) => ({ tokenId: row.tokenIds[index] as number, logit }))
    .sort((a, b) => b.logit - a.logit || a.tokenId - b.tokenId)
    .slice(0, count)
    .map(({ tokenId, logit }) => ({ tokenId, logprob: logProbability(logit, largest, row.weightSum) }))
}

function largestLogit(row: EvaluatedRow): number {
  let largest = Number.NEGATIVE_INFINITY
  for (let i = 0; i < row.logits.length; i++) largest = Math.max(largest, row.logits[i] as number)
  return largest
}
