/** Reading OpenAI chat and text completion requests. Unknown fields are ignored; known ones are checked or refused by name. */
import type { KoinonError } from '@koinon/base'
import { type InferenceRequest, requestLimits } from './inference-request.ts'
import { type JsonRecord, readBoolean, readInteger, readNumber, readStrings } from './json-fields.ts'
import { badRequest, openAiError } from './openai-error.ts'
import { readMessages, readPrompt } from './openai-messages.ts'
import { largestTopK } from './sampler.ts'

/** Parses the body of `POST /v1/chat/completions`. Throws an OpenAI error that names the field at fault. */
export function parseChatRequest(body: Uint8Array): InferenceRequest {
  const record = parseBody(body)
  refuseTools(record)
  refuseResponseFormat(record)
  const wantsLogprobs = readBoolean(record, 'logprobs') ?? false
  const topLogprobs = readInteger(record, 'top_logprobs', 0, requestLimits.topLogprobs)
  if (topLogprobs !== undefined && !wantsLogprobs) throw badRequest('top_logprobs', 'needs "logprobs": true')
  return {
    ...readCommon(record),
    input: { kind: 'chat', messages: readMessages(record) },
    topLogprobs: wantsLogprobs ? (topLogprobs ?? 0) : undefined,
  }
}

/** Parses the body of `POST /v1/completions`. */
export function parseCompletionRequest(body: Uint8Array): InferenceRequest {
  const record = parseBody(body)
  if (readBoolean(record, 'echo') === true)
    throw badRequest('echo', 'is not supported; leave it out', 'unsupported_value')
  if (typeof record['suffix'] === 'string' && record['suffix'] !== '') {
    throw badRequest('suffix', 'is not supported; leave it out', 'unsupported_value')
  }
  const bestOf = readInteger(record, 'best_of', 1, 128)
  if (bestOf !== undefined && bestOf !== 1) throw badRequest('best_of', 'only 1 is supported', 'unsupported_value')
  return {
    ...readCommon(record),
    input: { kind: 'text', prompt: readPrompt(record) },
    topLogprobs: readInteger(record, 'logprobs', 0, requestLimits.topLogprobs),
  }
}

function readCommon(record: JsonRecord): Omit<InferenceRequest, 'input' | 'topLogprobs'> {
  const stream = readBoolean(record, 'stream') ?? false
  const count = readInteger(record, 'n', 1, 128)
  if (count !== undefined && count !== 1)
    throw badRequest('n', 'only 1 is supported; send the request again for more', 'unsupported_value')
  refusePenalties(record)
  const seed = readInteger(record, 'seed', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
  return {
    model: readModel(record),
    stream,
    includeUsage: readIncludeUsage(record, stream),
    maxTokens: readMaxTokens(record),
    temperatureMicro: toMicro(readNumber(record, 'temperature', 0, 2)),
    topPMicro: toMicro(readNumber(record, 'top_p', 1e-6, 1)),
    topK: readInteger(record, 'top_k', 0, largestTopK),
    seed: seed === undefined ? undefined : BigInt.asUintN(64, BigInt(seed)),
    stop: readStrings(record, 'stop', requestLimits.stops, requestLimits.stopCharacters),
  }
}

function parseBody(body: Uint8Array): JsonRecord {
  let value: unknown
  try {
    value = JSON.parse(decoder.decode(body))
  } catch (cause) {
    throw notJson(cause)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw notJson(undefined)
  return value as JsonRecord
}

const decoder = new TextDecoder('utf-8', { fatal: true })

function notJson(cause: unknown): KoinonError {
  return openAiError({
    status: 400,
    code: 'invalid_json',
    message: 'The request body is not a JSON object in UTF-8. Send content-type application/json with one JSON object.',
    ...(cause === undefined ? {} : { cause }),
  })
}

function readModel(record: JsonRecord): string {
  const model = record['model']
  if (
    typeof model !== 'string' ||
    model === '' ||
    model.length > requestLimits.modelCharacters ||
    !model.isWellFormed()
  ) {
    throw badRequest('model', 'name a model as text, for example "default"; GET /v1/models lists them', 'missing_model')
  }
  return model
}

function readIncludeUsage(record: JsonRecord, stream: boolean): boolean {
  const options = record['stream_options']
  if (options === undefined || options === null) return false
  if (typeof options !== 'object' || Array.isArray(options)) throw badRequest('stream_options', 'must be an object')
  if (!stream) throw badRequest('stream_options', 'is allowed only with "stream": true')
  return readBoolean(options as JsonRecord, 'include_usage', 'stream_options.include_usage') ?? false
}

function readMaxTokens(record: JsonRecord): number | undefined {
  const modern = readInteger(record, 'max_completion_tokens', 1, Number.MAX_SAFE_INTEGER)
  const legacy = readInteger(record, 'max_tokens', 1, Number.MAX_SAFE_INTEGER)
  return modern ?? legacy
}

function toMicro(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 1e6)
}

function refuseTools(record: JsonRecord): void {
  for (const field of ['tools', 'functions']) {
    const tools = record[field]
    if (tools === undefined || tools === null) continue
    if (!Array.isArray(tools)) throw badRequest(field, 'must be an array')
    if (tools.length > 0 && record['tool_choice'] !== 'none') {
      throw badRequest(
        field,
        'tool calls are not supported yet; leave it out or send "tool_choice": "none"',
        'unsupported_value',
      )
    }
  }
}

function refuseResponseFormat(record: JsonRecord): void {
  const format = record['response_format']
  if (format === undefined || format === null) return
  if (typeof format !== 'object' || (format as JsonRecord)['type'] !== 'text') {
    throw badRequest('response_format', 'only {"type": "text"} is supported', 'unsupported_value')
  }
}

/** The sampler of the receipt has no penalties, so an answer with them could not be checked. */
function refusePenalties(record: JsonRecord): void {
  for (const field of ['presence_penalty', 'frequency_penalty']) {
    if ((readNumber(record, field, -2, 2) ?? 0) !== 0)
      throw badRequest(field, 'only 0 is supported', 'unsupported_value')
  }
  const bias = record['logit_bias']
  if (bias === undefined || bias === null) return
  if (typeof bias !== 'object' || Object.keys(bias).length > 0) {
    throw badRequest('logit_bias', 'is not supported; leave it out', 'unsupported_value')
  }
}
