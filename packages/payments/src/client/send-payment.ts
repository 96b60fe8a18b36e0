import { KoinonError } from '@koinon/base'
import { isSentAgain } from '../rules/http-call.ts'
import type { Challenge, ClientWire, WireReceipt } from './client-wire.ts'
import type { OutgoingCall } from './outgoing-call.ts'
import type { Outcome } from './paid-call.ts'
import { readTextWithin } from './payable-request.ts'
import type { OpenPayment } from './payer-types.ts'
import { isTrailing } from './trailing-answer.ts'

const defaultGraceMs = 5_000

/** Sends a call with its payment once. Throws `payments/redirected`, and what the wire throws at a 402 that it cannot read. */
export async function sendPayment(
  fetch: typeof globalThis.fetch,
  call: OutgoingCall,
  payment: OpenPayment,
  graceMs = defaultGraceMs,
): Promise<Outcome<Response>> {
  const { challenge, option } = payment
  const { wire } = challenge
  const headers = { 'idempotency-key': payment.paymentId, ...wire.attach(payment) }
  const late = new AbortController()
  const timeoutMs = option.terms.timeoutSeconds * 1000 + graceMs
  const timer = setTimeout(() => late.abort(), Math.min(timeoutMs, 2 ** 31 - 1))
  let response: Response
  try {
    const signal = call.signal === undefined ? late.signal : AbortSignal.any([call.signal, late.signal])
    response = await fetch(call.url, { ...call.init(headers, 'manual'), signal })
  } catch (cause) {
    return { kind: 'unknown', cause }
  } finally {
    clearTimeout(timer)
  }
  if (isRedirect(response)) throw redirected(payment)
  const receipt: WireReceipt | undefined = wire.readReceipt(response)
  if (response.status === 402) {
    return { kind: 'required', challenge: await challengeOf([wire], response, option.isStepped), receipt }
  }
  const retryAfterMs = retryAfterOf(response)
  if (receipt?.isSuccess !== true && isSentAgain(response.status, retryAfterMs !== undefined)) {
    return { kind: 'unknown', answer: response, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
  }
  const isPaidOn = option.isStepped === true && response.ok
  if (isPaidOn || isTrailing(payment, response)) return { kind: 'coming', answer: response }
  return { kind: 'answered', answer: response, receipt }
}

/** What a 402 asks, by the first wire that offers steps to who takes them, else by the first that can read it; undefined where none can. */
export async function challengeOf(
  wires: readonly ClientWire[],
  response: Response,
  takesSteps = false,
): Promise<Challenge | undefined> {
  const body = await readTextWithin(response.clone(), 64 << 10)
  let first: Challenge | undefined
  for (const wire of wires) {
    const challenge = wire.read402(response, body)
    const stepped = challenge?.options.filter(({ isStepped }) => isStepped === true).length ?? 0
    if (stepped > 0 && takesSteps) return challenge
    const isForStepsAlone = stepped > 0 && stepped === challenge?.options.length
    if (challenge !== undefined && !isForStepsAlone) first ??= challenge
    if (first !== undefined && !takesSteps) return first
  }
  return first
}

function isRedirect({ type, status, headers }: Response): boolean {
  return type === 'opaqueredirect' || (status >= 300 && status < 400 && headers.has('location'))
}

function redirected({ paymentId }: OpenPayment): KoinonError {
  return new KoinonError({
    code: 'payments/redirected',
    message: 'The seller redirects a request that was paid',
    hint: 'Payments do not follow redirects; ask for the final address.',
    details: { paymentId },
  })
}

function retryAfterOf(response: Response): number | undefined {
  const header = response.headers.get('retry-after')
  const seconds = header === null ? Number.NaN : Number(header)
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 30) * 1000 : undefined
}
