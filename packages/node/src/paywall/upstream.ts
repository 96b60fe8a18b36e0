/** The API behind a paywall: asked once payment is held, its answer passed on as it comes. */
import { KoinonError } from '@koinon/base'
import type { PaidAnswer, PaidRequest } from '@koinon/payments/paywall'
import { readShortAnswer } from './short-answer.ts'

/** An answer of unknown length is sold whole when it is this short: most clients read no trailers, and only whole answers are kept. */
const shortAnswer = { bytes: 256 << 10, waitMs: 1_000 }

/** Between the two hops only, or about a payment that is ours. */
const droppedRequest =
  /^(host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|content-length|accept-encoding|accept-payment|payment-.*|x-payment|sign-in-with-x|forwarded|x-forwarded-.*|x-real-ip)$/
/** By which servers take a request for one of another path or method, which may cost more. Some read `_` as `-`. */
const renamingRequest = /^x-(original-ur[li]|rewrite-ur[li]|http-method(-override)?|method(-override)?)$/
const droppedAnswer =
  /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-length|content-encoding|www-authenticate|payment-.*|set-cookie|date)$/

/** Asks the upstream. Never rejects for what the upstream does: an answer of 502 is nobody's to pay, and `onFailure` hears why. */
export async function askUpstream(
  upstream: URL,
  request: PaidRequest,
  fetch: typeof globalThis.fetch,
  onFailure: (error: unknown) => void = () => undefined,
): Promise<PaidAnswer> {
  const { pathname, search } = new URL(request.url)
  const base = upstream.pathname.replace(/\/+$/, '')
  let answer: Response
  try {
    answer = await fetch(`${upstream.origin}${base}${pathname}${search}`, {
      method: request.method,
      headers: headersFor(request),
      redirect: 'manual',
      signal: request.signal,
      ...(request.body.length === 0 ? {} : { body: new Uint8Array(request.body) }),
    })
  } catch (error) {
    if (!request.signal.aborted) onFailure(error)
    return unreachable()
  }
  const headers: Record<string, string> = {}
  answer.headers.forEach((value, name) => {
    if (!droppedAnswer.test(name)) headers[name] = value
  })
  if (answer.body === null) return { status: answer.status, headers, body: '' }
  if (/^text\/event-stream/i.test(headers['content-type'] ?? '')) {
    return { status: answer.status, headers, chunks: answer.body }
  }
  try {
    if (answer.headers.get('content-length') === null) {
      return { status: answer.status, headers, ...(await readShortAnswer(answer.body, shortAnswer)) }
    }
    return { status: answer.status, headers, body: new Uint8Array(await answer.arrayBuffer()) }
  } catch (error) {
    if (!request.signal.aborted) onFailure(error)
    return unreachable()
  }
}

function headersFor(request: PaidRequest): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || droppedRequest.test(name) || renamingRequest.test(name.replaceAll('_', '-'))) continue
    if (name === 'authorization' && /(^|,)\s*payment\s/i.test(value)) continue
    headers.set(name, value)
  }
  return headers
}

function unreachable(): PaidAnswer {
  const error = {
    code: 'paywall/upstream-failed',
    message: 'The service behind this paywall did not answer; nothing was charged',
    retry: 'later',
  }
  return { status: 502, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ error }) }
}

/** Where an API lies. Throws `usage/bad-url`. */
export function parseUpstream(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isHttp = url !== undefined && /^https?:$/.test(url.protocol)
  if (isHttp && url.username === '' && url.search === '' && url.hash === '') return url
  throw new KoinonError({
    code: 'usage/bad-url',
    message: `"${text.slice(0, 200)}" is not the address of an HTTP API`,
    hint: 'For example --upstream http://127.0.0.1:3000',
  })
}
