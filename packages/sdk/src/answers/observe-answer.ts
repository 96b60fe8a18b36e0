/** Sees one exchange with a gateway from outside: who asked reads the answer as before, and its receipt comes beside it. */
import { boundedText, KoinonError } from '@koinon/base'
import type { PaymentReceipt } from '@koinon/payments/client'
import { notChecked } from '@koinon/work'
import { type AnswerReceipt, checkAnswer } from './check-answer.ts'
import { keepBytes } from './kept-bytes.ts'

export type Exchange = {
  readonly url: string
  readonly init: RequestInit | undefined
  readonly response: Response
  readonly payment: PaymentReceipt | undefined
  readonly chainId: number | undefined
}

/** `receipt` never rejects; undefined where there is nothing to check: a refusal, or an answer without body. */
export type ObservedAnswer = { readonly response: Response; readonly receipt: Promise<AnswerReceipt> | undefined }

/** Longest answer that is kept; a gateway answers with at most 16 MiB and its receipts. */
const mostAnswerBytes = 20 << 20
const mostReceiptBytes = 1 << 20
const receiptTimeoutMs = 5_000

/** Answers that have receipts. */
export function isCompletion(url: string, init: RequestInit | undefined): boolean {
  return (init?.method ?? 'GET').toUpperCase() === 'POST' && completionPath.test(new URL(url).pathname)
}

const completionPath = /\/(chat\/)?completions$/

/** The answer, to be read instead of the exchange's, and what its receipt comes to once it was read. */
export function observeAnswer(exchange: Exchange): ObservedAnswer {
  const { response, init, payment, chainId } = exchange
  if (!response.ok || response.body === null) return { response, receipt: undefined }
  const { body, kept } = keepBytes(response.body as ReadableStream<Uint8Array>, mostAnswerBytes)
  const { status, statusText, headers } = response
  const receiptId = headers.get('x-koinon-receipt') ?? undefined
  const receipt = kept.then((answer): AnswerReceipt | Promise<AnswerReceipt> =>
    'problem' in answer
      ? { receiptId, bundle: undefined, checks: [notChecked('receipt', `of this answer: ${answer.problem}`)], payment }
      : checkAnswer({
          request: bytesOf(init?.body),
          response: answer.bytes,
          isStream: headers.get('content-type')?.startsWith('text/event-stream') === true,
          receiptId,
          findReceipt: () => findReceipt(exchange, receiptId),
          payment,
          chainId,
        }),
  )
  return { response: new Response(body, { status, statusText, headers }), receipt }
}

/** A paid answer brings its receipts; others are asked for with the key that the request had, by a plain `fetch`: never by one that pays. */
async function findReceipt({ response, url, init }: Exchange, receiptId: string | undefined): Promise<unknown> {
  const settled = response.headers.get('payment-response')
  if (settled !== null) return receiptIn(settled)
  if (receiptId === undefined) return undefined
  const authorization = new Headers(init?.headers).get('authorization')
  if (authorization === null) throw new Error('it came without, and nobody but the payer may ask for it')
  const found = await fetch(`${url.replace(completionPath, '')}/receipts/${encodeURIComponent(receiptId)}`, {
    headers: { authorization },
    redirect: 'error',
    signal: AbortSignal.timeout(receiptTimeoutMs),
  })
  if (found.status === 404) return undefined
  if (!found.ok) throw new Error(`the gateway answered with status ${found.status}`)
  const text = await boundedText(found, mostReceiptBytes, tooLong)
  return readable(() => JSON.parse(text))
}

function receiptIn(header: string): unknown {
  return readable(() => {
    const bytes = Uint8Array.from(atob(header), (letter) => letter.charCodeAt(0))
    const settled = JSON.parse(new TextDecoder().decode(bytes)) as Settled
    return settled.extensions?.['offer-receipt']?.info?.koinonReceipt
  })
}

/** What came and cannot be read is null, which no bundle is: it was had, so it fails. */
function readable(read: () => unknown): unknown {
  try {
    return read()
  } catch {
    return null
  }
}

type Settled = { extensions?: { 'offer-receipt'?: { info?: { koinonReceipt?: unknown } } } }

function bytesOf(body: RequestInit['body']): Uint8Array | undefined {
  if (typeof body === 'string') return new TextEncoder().encode(body)
  if (body instanceof ArrayBuffer) return new Uint8Array(body)
  return ArrayBuffer.isView(body) ? new Uint8Array(body.buffer, body.byteOffset, body.byteLength) : undefined
}

function tooLong(): KoinonError {
  return new KoinonError({
    code: 'gateway/bad-answer',
    message: `The gateway sent a receipt of more than ${mostReceiptBytes} bytes`,
    hint: 'Check that the URL is that of a gateway.',
  })
}
