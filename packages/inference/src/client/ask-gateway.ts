/** Asking a gateway and checking its receipt on the spot, in the caller's own process. */
import { concatBytes, KoinonError, sha256Hex, verifySession } from '@koinon/base'
import type { Check, ReceiptBundle } from '@koinon/work'
import { checkInferenceBundle, readInferenceWork, splitEventStream } from '../rules/index.ts'
import { providerHeader } from '../wire/headers.ts'

export type GatewayQuestion = {
  /** OpenAI base URL of a gateway, ending in `/v1`. */
  readonly baseUrl: string
  readonly apiKey: string
  /** OpenAI chat request; streaming with usage is added. The model `default` is the one the network file names. */
  readonly body: Readonly<Record<string, unknown>>
  /** Account of the one provider that may answer; any unless given. */
  readonly provider?: string
  /** The chain that receipts must name; unless given, that check stays open. */
  readonly chainId?: number
  /** Hears each piece of text as it comes. */
  readonly onText?: (text: string) => void
  readonly signal?: AbortSignal
}

/** An answer with what its receipts say. Money in pico-dollars (1e-12 dollar), times in milliseconds as this process saw them. */
export type GatewayAnswer = {
  readonly text: string
  readonly receiptId: string | undefined
  readonly bundle: ReceiptBundle | undefined
  readonly checks: readonly Check[]
  /** Account that did the work. */
  readonly provider: string | undefined
  readonly promptTokens: number
  readonly outputTokens: number
  readonly amountPicoUsd: bigint
  readonly firstByteMs: number
  readonly totalMs: number
  /** The model itself was unsure; the text is unchanged. */
  readonly isUnsure: boolean
  /** The very bytes that were sent and received, for later checks. */
  readonly request: Uint8Array
  readonly response: Uint8Array
}

const timeoutMs = 120_000

/** Streams one answer and checks its receipts (level L0). Throws `gateway/refused` with the gateway's sentence, or `gateway/unreachable`. */
export async function askGateway(question: GatewayQuestion): Promise<GatewayAnswer> {
  const { baseUrl, apiKey, provider, chainId } = question
  const body = { model: 'default', ...question.body, stream: true, stream_options: { include_usage: true } }
  const request = new TextEncoder().encode(JSON.stringify(body))
  const begunAtMs = performance.now()
  const deadline = AbortSignal.timeout(timeoutMs)
  const response = await fetch(`${baseUrl}/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${apiKey}`,
      ...(provider === undefined ? {} : { [providerHeader]: provider }),
    },
    body: request,
    signal: question.signal === undefined ? deadline : AbortSignal.any([deadline, question.signal]),
  }).catch((cause: Error) => {
    throw unreachable(baseUrl, cause)
  })
  if (!response.ok) throw refused(response.status, await response.text())
  const reader = new AnswerReader(question.onText)
  const parts: Uint8Array[] = []
  let firstByteMs = 0
  for await (const part of response.body ?? []) {
    if (parts.length === 0) firstByteMs = performance.now() - begunAtMs
    parts.push(part)
    reader.push(part)
  }
  const bytes = concatBytes(...parts)
  const { bundle, hashedLength } = splitEventStream(bytes)
  const worker = bundle?.hops.at(-1)
  const work = worker === undefined ? undefined : readInferenceWork(worker)
  return {
    text: reader.text,
    receiptId: response.headers.get('x-koinon-receipt') ?? undefined,
    bundle,
    checks:
      bundle === undefined
        ? [{ name: 'receipt', state: 'fail', detail: 'the answer carries no receipt' }]
        : checkInferenceBundle({
            bundle,
            verifySession,
            ...(chainId === undefined ? {} : { chainId }),
            requestHash: sha256Hex(request),
            responseHash: sha256Hex(bytes.subarray(0, hashedLength)),
          }),
    provider: worker?.receipt.payee,
    promptTokens: work?.promptTokens ?? 0,
    outputTokens: work?.outputTokens ?? 0,
    amountPicoUsd: bundle?.hops[0]?.receipt.amountPicoUsd ?? 0n,
    firstByteMs,
    totalMs: performance.now() - begunAtMs,
    isUnsure: reader.isUnsure,
    request,
    response: bytes,
  }
}

/** Collects the text of an event stream, line by line. */
class AnswerReader {
  text = ''
  isUnsure = false
  #rest = ''
  readonly #decoder = new TextDecoder()
  readonly #onText: ((text: string) => void) | undefined

  constructor(onText: ((text: string) => void) | undefined) {
    this.#onText = onText
  }

  push(part: Uint8Array): void {
    const lines = `${this.#rest}${this.#decoder.decode(part, { stream: true })}`.split('\n')
    this.#rest = lines.pop() as string
    for (const line of lines)
      if (line.startsWith('data: ') && line !== 'data: [DONE]') this.#read(JSON.parse(line.slice(6)))
  }

  #read(chunk: {
    error?: { message?: string }
    choices?: readonly { delta?: { content?: string } }[]
    koinon?: { unsure?: boolean }
  }): void {
    if (chunk.error !== undefined) {
      throw new KoinonError({
        code: 'gateway/broken-answer',
        message: `The answer broke off: ${chunk.error.message ?? 'no reason given'}`,
        hint: 'Ask again; what was not delivered is not charged.',
        retry: 'now',
      })
    }
    if (chunk.koinon?.unsure === true) this.isUnsure = true
    const text = chunk.choices?.[0]?.delta?.content ?? ''
    if (text === '') return
    this.text += text
    this.#onText?.(text)
  }
}

function refused(status: number, text: string): KoinonError {
  let message = `The gateway answered with status ${status}`
  try {
    message = (JSON.parse(text) as { error?: { message?: string } }).error?.message ?? message
  } catch {
    // Not JSON: the status says what there is to say.
  }
  return new KoinonError({
    code: 'gateway/refused',
    message,
    retry: status === 429 || status >= 500 ? 'later' : 'never',
    details: { status },
  })
}

function unreachable(baseUrl: string, cause: Error): KoinonError {
  return new KoinonError({
    code: 'gateway/unreachable',
    message: `The gateway at ${baseUrl} does not answer`,
    hint: 'Check that it runs ("koinon status").',
    retry: 'later',
    cause,
  })
}
