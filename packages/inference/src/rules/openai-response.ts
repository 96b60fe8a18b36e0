/** Building OpenAI answers: whole bodies and stream chunks, for chat and for text completions. */

/** Why the model stopped. `abort` is ours: the caller went away; OpenAI clients see it as `stop`. */
export type FinishReason = 'stop' | 'length' | 'abort'

/** One output token with its natural-log probability and the best alternatives. */
export type TokenLogprob = {
  readonly token: string
  /** UTF-8 bytes of the token, as far as the engine knows them. */
  readonly bytes: readonly number[]
  readonly logprob: number
  readonly top: readonly Omit<TokenLogprob, 'top'>[]
}

export type Usage = { readonly promptTokens: number; readonly cachedTokens: number; readonly outputTokens: number }

/** Fields all chunks and the body of one answer share. `id` has its OpenAI prefix, `createdAtSeconds` is Unix time. */
export type AnswerHead = {
  readonly kind: 'chat' | 'text'
  readonly id: string
  readonly createdAtSeconds: number
  readonly model: string
  /** Short text that changes when the engine or its build does. */
  readonly fingerprint: string
}

export type WholeAnswer = {
  readonly text: string
  readonly finishReason: FinishReason
  readonly usage: Usage
  /** Undefined when none were asked for. */
  readonly logprobs: readonly TokenLogprob[] | undefined
}

/** OpenAI id of an answer from its 16-byte request id in hex. */
export function answerId(kind: 'chat' | 'text', requestId: string): string {
  return `${kind === 'chat' ? 'chatcmpl' : 'cmpl'}-${requestId.replace(/^0x/, '')}`
}

/** The body of a non-streamed answer. */
export function answerBody(head: AnswerHead, answer: WholeAnswer): Record<string, unknown> {
  const shared = { index: 0, finish_reason: openAiFinishReason(answer.finishReason) }
  const choice =
    head.kind === 'chat'
      ? {
          ...shared,
          message: { role: 'assistant', content: answer.text, refusal: null },
          logprobs: chatLogprobs(answer.logprobs),
        }
      : { ...shared, text: answer.text, logprobs: textLogprobs(answer.logprobs, 0) }
  return {
    ...headFields(head, head.kind === 'chat' ? 'chat.completion' : 'text_completion'),
    choices: [choice],
    usage: usageFields(answer.usage),
  }
}

/** The first chunk of a chat stream, which only names the role. Text completions have none. */
export function roleChunk(head: AnswerHead): Record<string, unknown> {
  return chunk(head, [{ index: 0, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null }])
}

/** A piece of text. `textOffset` counts the characters before it (text completions' logprobs name it). */
export function textChunk(
  head: AnswerHead,
  text: string,
  logprobs: readonly TokenLogprob[] | undefined,
  textOffset: number,
): Record<string, unknown> {
  return chunk(head, [
    head.kind === 'chat'
      ? { index: 0, delta: { content: text }, logprobs: chatLogprobs(logprobs), finish_reason: null }
      : { index: 0, text, logprobs: textLogprobs(logprobs, textOffset), finish_reason: null },
  ])
}

/** The chunk that says why the answer ended. */
export function finishChunk(head: AnswerHead, finishReason: FinishReason): Record<string, unknown> {
  const finish = { logprobs: null, finish_reason: openAiFinishReason(finishReason) }
  return chunk(head, [head.kind === 'chat' ? { index: 0, delta: {}, ...finish } : { index: 0, text: '', ...finish }])
}

/** The chunk with the token counts, sent last when the client asked for it. */
export function usageChunk(head: AnswerHead, usage: Usage): Record<string, unknown> {
  return { ...chunk(head, []), usage: usageFields(usage) }
}

function chunk(head: AnswerHead, choices: readonly unknown[]): Record<string, unknown> {
  return { ...headFields(head, head.kind === 'chat' ? 'chat.completion.chunk' : 'text_completion'), choices }
}

function headFields(head: AnswerHead, object: string): Record<string, unknown> {
  return {
    id: head.id,
    object,
    created: head.createdAtSeconds,
    model: head.model,
    system_fingerprint: head.fingerprint,
  }
}

function usageFields(usage: Usage): Record<string, unknown> {
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.promptTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedTokens },
  }
}

function openAiFinishReason(reason: FinishReason): string {
  return reason === 'abort' ? 'length' : reason
}

function chatLogprobs(logprobs: readonly TokenLogprob[] | undefined): unknown {
  if (logprobs === undefined) return null
  return {
    content: logprobs.map(({ top, ...token }) => ({ ...token, top_logprobs: top })),
    refusal: null,
  }
}

function textLogprobs(logprobs: readonly TokenLogprob[] | undefined, textOffset: number): unknown {
  if (logprobs === undefined) return null
  const offsets: number[] = []
  let offset = textOffset
  for (const { token } of logprobs) {
    offsets.push(offset)
    offset += token.length
  }
  return {
    tokens: logprobs.map(({ token }) => token),
    token_logprobs: logprobs.map(({ logprob }) => logprob),
    top_logprobs: logprobs.map(({ top }) => Object.fromEntries(top.map(({ token, logprob }) => [token, logprob]))),
    text_offset: offsets,
  }
}
