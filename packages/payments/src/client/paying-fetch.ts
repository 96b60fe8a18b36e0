/** `fetch` that pays: any wire, one payer (specs/0022-machine-payments.md section 8). */
import {
  bytesToHex,
  type Clock,
  type Hex,
  KoinonError,
  type Random,
  sha256,
  systemClock,
  systemRandom,
  utf8ToBytes,
} from '@koinon/base'
import type { Challenge, ClientWire, WireReceipt } from './client-wire.ts'
import { type Outcome, payCall } from './paid-call.ts'
import { checkPayable, readBodyWithin, readTextWithin } from './payable-request.ts'
import type { CallToPay, OpenPayment, Payer, PaymentReceipt } from './payer.ts'

export type PayingFetchOptions = {
  readonly payer: Payer
  /** In order of preference where an answer speaks several. */
  readonly wires: readonly ClientWire[]
  readonly fetch?: typeof globalThis.fetch
  /** Plain HTTP to other hosts than loopback. */
  readonly allowHttp?: boolean
  /** The largest body that is kept to be sent again; 16 MiB unless given. */
  readonly maximumBodyBytes?: number
  /** How long a seller may take to begin its answer, beyond what its terms say; 5 s unless given. */
  readonly graceMs?: number
  /** How long the outcome of a payment is sought by sending it again; 60 s unless given. */
  readonly concludeMs?: number
  /** Asked before anything is signed; throws to refuse. */
  readonly onChallenge?: (challenge: Challenge, url: string) => void | Promise<void>
  /** Headers to try before paying (signing in where this payer has paid before). */
  readonly beforePaying?: (challenge: Challenge, url: string) => Promise<Readonly<Record<string, string>> | undefined>
  readonly clock?: Clock
  readonly random?: Random
}

const receipts = new WeakMap<Response, PaymentReceipt>()

/** What was paid for an answer of a paying fetch; undefined when nothing was. */
export function receiptOf(response: Response): PaymentReceipt | undefined {
  return receipts.get(response)
}

/**
 * A drop-in `fetch`. A body that cannot be sent twice is buffered up to a bound; answers stream. A payment never follows a redirect to another
 * origin. Throws `payments/*` beside what `fetch` throws; after `payments/outcome-unknown` the same call goes with the same payment.
 */
export function payingFetch(options: PayingFetchOptions): typeof globalThis.fetch {
  const { fetch = globalThis.fetch, maximumBodyBytes = 16 << 20 } = options
  return async (input, init) => {
    const request = new Request(input, init)
    const body = await readBodyWithin(request, maximumBodyBytes)
    const response = await fetch(request.url, sendable(request, body, {}, request.redirect))
    if (response.status !== 402) return response
    const challenge = await challengeOf(options.wires, response)
    if (challenge === undefined) return response
    const url = checkPayable(request, response, options.allowHttp === true)
    await options.onChallenge?.(challenge, url)
    const early = await options.beforePaying?.(challenge, url)
    if (early !== undefined) {
      const entered = await fetch(url, sendable(request, body, early, 'manual'))
      if (entered.ok) return entered
      await entered.body?.cancel()
    }
    return pay(options, fetch, request, body, url, challenge)
  }
}

async function pay(
  options: PayingFetchOptions,
  fetch: typeof globalThis.fetch,
  request: Request,
  body: Uint8Array<ArrayBuffer> | undefined,
  url: string,
  challenge: Challenge,
): Promise<Response> {
  const { payer, clock = systemClock, random = systemRandom, concludeMs = 60_000 } = options
  const call: CallToPay = {
    challenge,
    origin: new URL(url).origin,
    resourceUrl: url,
    method: request.method.toUpperCase(),
    requestHash: hashOf(request.method, url, body),
    ...paymentIdOf(request, random),
    deadlineMs: clock.nowMs() + concludeMs,
  }
  const { answer, receipt } = await payCall({
    payer,
    call,
    random,
    nowMs: () => clock.nowMs(),
    signal: request.signal,
    send: (payment) => send(options, fetch, request, body, url, payment),
  })
  if (receipt !== undefined) receipts.set(answer, receipt)
  return answer
}

async function send(
  options: PayingFetchOptions,
  fetch: typeof globalThis.fetch,
  request: Request,
  body: Uint8Array<ArrayBuffer> | undefined,
  url: string,
  payment: OpenPayment,
): Promise<Outcome<Response>> {
  const { wire } = payment.challenge
  const headers = { 'idempotency-key': payment.paymentId, ...wire.attach(payment) }
  const late = new AbortController()
  const timeoutMs = payment.option.terms.timeoutSeconds * 1000 + (options.graceMs ?? 5_000)
  const timer = setTimeout(() => late.abort(), Math.min(timeoutMs, 2 ** 31 - 1))
  let response: Response
  try {
    const signal = AbortSignal.any([request.signal, late.signal])
    response = await fetch(url, { ...sendable(request, body, headers, 'manual'), signal })
  } catch (cause) {
    return { kind: 'unknown', cause }
  } finally {
    clearTimeout(timer)
  }
  if (
    response.type === 'opaqueredirect' ||
    (response.status >= 300 && response.status < 400 && response.headers.has('location'))
  ) {
    throw new KoinonError({
      code: 'payments/redirected',
      message: 'The seller redirects a request that was paid',
      hint: 'Payments do not follow redirects; ask for the final address.',
      details: { paymentId: payment.paymentId },
    })
  }
  const receipt: WireReceipt | undefined = wire.readReceipt(response)
  if (response.status === 402) {
    return { kind: 'required', challenge: await challengeOf([wire], response), receipt }
  }
  const retryAfterMs = retryAfterOf(response)
  if (
    receipt?.isSuccess !== true &&
    (response.status >= 500 || (response.status === 409 && retryAfterMs !== undefined))
  ) {
    return { kind: 'unknown', answer: response, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
  }
  return { kind: 'answered', answer: response, receipt }
}

async function challengeOf(wires: readonly ClientWire[], response: Response): Promise<Challenge | undefined> {
  const body = await readTextWithin(response.clone(), 64 << 10)
  for (const wire of wires) {
    const challenge = wire.read402(response, body)
    if (challenge !== undefined) return challenge
  }
  return undefined
}

function sendable(
  request: Request,
  body: Uint8Array<ArrayBuffer> | undefined,
  extra: Readonly<Record<string, string>>,
  redirect: RequestRedirect,
): RequestInit {
  const headers = new Headers(request.headers)
  for (const [name, value] of Object.entries(extra)) headers.set(name, value)
  return { method: request.method, headers, redirect, signal: request.signal, ...(body === undefined ? {} : { body }) }
}

function paymentIdOf(request: Request, random: Random): Pick<CallToPay, 'paymentId' | 'isNamed'> {
  const given = request.headers.get('idempotency-key')
  if (given !== null && /^[A-Za-z0-9_-]{16,128}$/.test(given)) return { paymentId: given, isNamed: true }
  return { paymentId: `pay_${bytesToHex(random(16)).slice(2)}` }
}

function hashOf(method: string, url: string, body: Uint8Array | undefined): Hex {
  const head = utf8ToBytes(`${method}\n${url}\n`)
  const whole = new Uint8Array(head.length + (body?.length ?? 0))
  whole.set(head)
  if (body !== undefined) whole.set(body, head.length)
  return bytesToHex(sha256(whole))
}

function retryAfterOf(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? 'none')
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 30) * 1000 : undefined
}
