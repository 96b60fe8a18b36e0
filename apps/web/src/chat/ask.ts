import { type ErrorJson, errorToJson, type Hex, KoinonError } from '@koinon/base'
import { type Door, errorFromAnswer, unreachable } from '../api/request.ts'
import { AnswerStreamReader, type StreamResult } from './answer-stream.ts'
import { type ChunkFacts, readChunk } from './chunk.ts'
import type { Turn, TurnReceipt } from './turn.ts'

/** One question to the gateway. The answer arrives through `onProgress`. */
export type AskInput = {
  readonly door: Door
  readonly apiKey: string
  readonly model: string
  readonly messages: readonly { readonly role: string; readonly content: string }[]
  readonly nowMs: () => number
  readonly signal: AbortSignal
  readonly onProgress: (facts: Partial<Turn>) => void
}

/** Nothing for this long means that the answer will not come. */
const silenceTimeoutMs = 120_000

/** Asks, streams and returns the last facts of the turn: state, receipt, error. Never throws. */
export async function ask(input: AskInput): Promise<Partial<Turn>> {
  const startedAtMs = input.nowMs()
  const requestBytes = new TextEncoder().encode(
    JSON.stringify({
      model: input.model,
      messages: input.messages,
      stream: true,
      stream_options: { include_usage: true },
    }),
  )
  const silence = new AbortController()
  let timer = setTimeout(() => silence.abort(), silenceTimeoutMs)
  const elapsed = (): number => Math.round(input.nowMs() - startedAtMs)
  const reader = new AnswerStreamReader()
  let hadBytes = false
  let failure: ErrorJson | undefined
  let answer = ''
  try {
    const response = await input.door.fetch(`${input.door.base}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${input.apiKey}`,
      },
      body: requestBytes,
      cache: 'no-store',
      credentials: 'omit',
      signal: AbortSignal.any([input.signal, silence.signal]),
    })
    if (!response.ok || response.body === null) throw errorFromAnswer(response.status, await response.text())
    const receiptId = response.headers.get('x-koinon-receipt')
    input.onProgress({
      state: 'streaming',
      ...(receiptId === null ? {} : { receiptId: receiptId.replace(/^0x/, '') }),
      ...(isUnsureHeader(response.headers.get('x-koinon-unsure')) ? { unsure: true } : {}),
    })
    const body = response.body.getReader()
    for (;;) {
      const { done, value } = await body.read()
      if (done) break
      clearTimeout(timer)
      timer = setTimeout(() => silence.abort(), silenceTimeoutMs)
      const update: { -readonly [name in keyof Turn]?: Turn[name] } = {}
      if (!hadBytes) update.firstByteMs = elapsed()
      hadBytes = true
      for (const event of reader.push(value)) {
        if (event.kind !== 'data') continue
        const facts = readChunk(event.data)
        if (facts === undefined) continue
        answer += facts.text
        failure ??= streamFailure(facts)
        Object.assign(update, progressOf(facts))
      }
      input.onProgress({ ...update, answer, totalMs: elapsed() })
    }
  } catch (error) {
    failure = silence.signal.aborted ? errorToJson(silenceError()) : errorToJson(asReadable(error))
  } finally {
    clearTimeout(timer)
  }
  const result = reader.finish()
  const stopped = input.signal.aborted
  const receipt = hadBytes ? await receiptOf(requestBytes, result).catch(() => undefined) : undefined
  const isWhole = result.isDone && failure === undefined
  return {
    state: stopped && !result.isDone ? 'stopped' : isWhole ? 'done' : hadBytes ? 'broken' : 'failed',
    answer,
    totalMs: elapsed(),
    ...(receipt === undefined ? {} : { receipt }),
    ...(stopped || isWhole ? {} : { error: failure ?? errorToJson(brokenOff()) }),
  }
}

/** Loads what can read receipts; fails when that cannot be loaded any more. */
async function receiptOf(
  requestBytes: Uint8Array<ArrayBuffer>,
  { bytes }: StreamResult,
): Promise<TurnReceipt | undefined> {
  const found = (await import('../receipts/response-bytes.ts')).receiptInStream(bytes)
  if (found === undefined) return undefined
  const [requestHash, responseHash] = await Promise.all([digest(requestBytes), digest(found.hashed)])
  return { bundle: found.bundle, requestHash, responseHash }
}

function progressOf(facts: ChunkFacts): Partial<Turn> {
  return {
    ...(facts.finishReason === undefined ? {} : { finishReason: facts.finishReason }),
    ...(facts.promptTokens === undefined ? {} : { promptTokens: facts.promptTokens }),
    ...(facts.outputTokens === undefined ? {} : { outputTokens: facts.outputTokens }),
    ...(facts.unsure ? { unsure: true } : {}),
  }
}

function isUnsureHeader(value: string | null): boolean {
  return value !== null && value !== '' && value !== '0' && value !== 'false'
}

function streamFailure(facts: ChunkFacts): ErrorJson | undefined {
  return facts.error === undefined ? undefined : errorToJson(new KoinonError({ ...facts.error, retry: 'later' }))
}

function asReadable(error: unknown): unknown {
  return error instanceof TypeError || error instanceof DOMException
    ? unreachable(error, silenceTimeoutMs, 'GET')
    : error
}

function silenceError(): KoinonError {
  return new KoinonError({
    code: 'web/silence',
    message: `Nothing came for ${silenceTimeoutMs / 1000} s`,
    hint: 'Ask again; the gateway then chooses another provider.',
    retry: 'now',
  })
}

function brokenOff(): KoinonError {
  return new KoinonError({
    code: 'web/broken-off',
    message: 'The answer broke off before its end',
    hint: 'Ask again; you owe at most the tokens that arrived with a receipt.',
    retry: 'now',
  })
}

/**
 * SHA-256. Browsers offer their own only to secure pages (https or loopback); over plain http on a local network the portable
 * one is loaded instead.
 */
async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<Hex> {
  const subtle = (globalThis.crypto as Partial<Crypto>).subtle
  if (subtle === undefined) return (await import('../receipts/check-receipt.ts')).hashBytes(bytes)
  const hash = new Uint8Array(await subtle.digest('SHA-256', bytes))
  return `0x${Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
