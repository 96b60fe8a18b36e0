import { KoinonError, utf8ToBytes } from '@koinon/base'

/**
 * The URL that a payment may go to. Throws `payments/redirected` when the 402 came from elsewhere than was asked, `payments/insecure-origin` for
 * plain HTTP beyond this machine.
 */
export function checkPayable(request: Request, response: Response, allowHttp: boolean): string {
  const asked = new URL(request.url)
  const answered = new URL(response.url === '' ? request.url : response.url)
  if (answered.origin !== asked.origin || (response.redirected && request.method !== 'GET')) {
    throw new KoinonError({
      code: 'payments/redirected',
      message: `The request to ${asked.origin} was redirected to ${answered.origin}, which asks for money`,
      hint: `Ask ${answered.origin} directly if you mean to pay it.`,
    })
  }
  checkSecure(answered, allowHttp)
  return answered.href.split('#')[0] as string
}

/** Throws `payments/insecure-origin` for plain HTTP beyond this machine. Servers that are no URL of HTTP have lines of their own. */
export function checkSecure(url: URL, allowHttp: boolean): void {
  if (url.protocol !== 'http:' || allowHttp || isLoopback(url.hostname)) return
  throw new KoinonError({
    code: 'payments/insecure-origin',
    message: `${url.origin} is not HTTPS: anybody on the way could take the payment`,
    hint: 'Use HTTPS, or allow plain HTTP for a network that you trust.',
  })
}

/**
 * The body whole; undefined when there is none. `given` is what the request was made of: a text needs no reading. Throws
 * `payments/body-too-large`.
 */
export async function readBodyWithin(
  request: Request,
  maximumBytes: number,
  given?: BodyInit | null,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (request.body === null) return undefined
  const bytes = typeof given === 'string' ? utf8ToBytes(given) : await readWithin(request.body, maximumBytes)
  if (bytes !== undefined && bytes.length <= maximumBytes) return bytes as Uint8Array<ArrayBuffer>
  throw new KoinonError({
    code: 'payments/body-too-large',
    message: `The body is larger than the ${maximumBytes} bytes that are kept to be sent again with a payment`,
    hint: 'Send less at once, or raise maximumBodyBytes.',
  })
}

/** The text of an answer, or nothing when it is longer. */
export async function readTextWithin(response: Response, maximumBytes: number): Promise<string> {
  if (response.body === null) return ''
  const bytes = await readWithin(response.body, maximumBytes).catch(() => undefined)
  return bytes === undefined ? '' : new TextDecoder().decode(bytes)
}

async function readWithin(
  stream: ReadableStream<Uint8Array>,
  maximumBytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const parts: Uint8Array[] = []
  let length = 0
  const reader = stream.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.length
    if (length > maximumBytes) {
      await reader.cancel()
      return undefined
    }
    parts.push(value)
  }
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.[0-9]{1,3}){3}$/.test(hostname)
}
