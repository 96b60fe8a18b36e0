/** `fetch` that pays: any wire, one payer (specs/0022-machine-payments.md section 8). */
import { bytesToHex, type Clock, type KoinonError, type Random, systemClock, systemRandom } from '@koinon/base'
import type { Challenge, ClientWire } from './client-wire.ts'
import { OutgoingCall } from './outgoing-call.ts'
import { payCall, wasSigned } from './paid-call.ts'
import { checkPayable, readBodyWithin } from './payable-request.ts'
import type { CallToPay, OpenPayment, Payer, PaymentReceipt } from './payer.ts'
import { isOverMoney } from './payer-errors.ts'
import { paymentReceipt } from './payment-receipt.ts'
import { RememberedTerms } from './remembered-terms.ts'
import { challengeOf, sendPayment } from './send-payment.ts'
import { steppedAnswer } from './stepped-answer.ts'
import { trailingAnswer } from './trailing-answer.ts'

export type PayingFetchOptions = {
  readonly payer: Payer
  /** In order of preference where an answer speaks several. */
  readonly wires: readonly ClientWire[]
  readonly fetch?: typeof globalThis.fetch
  /**
   * Streams are paid by the step where their sellers offer it: `always` (less is signed ahead, for a message more every step), or only where
   * limits or a budget refuse the whole, as far as they go. Left out, never.
   */
  readonly steps?: 'always' | 'beyondLimits'
  /** Plain HTTP to other hosts than loopback. */
  readonly allowHttp?: boolean
  /** The largest body that is kept to be sent again; 16 MiB unless given. */
  readonly maximumBodyBytes?: number
  /** How long a seller may take to begin its answer, beyond what its terms say; 5 s unless given. */
  readonly graceMs?: number
  /** How long the outcome of a payment is sought by sending it again; 60 s unless given. */
  readonly concludeMs?: number
  /** Asked before anything is signed for terms, remembered ones too; throws to refuse. */
  readonly onChallenge?: (challenge: Challenge, url: string) => void | Promise<void>
  /** Headers to try before paying (signing in where this payer has paid before). With it every call is asked for first. */
  readonly beforePaying?: (challenge: Challenge, url: string) => Promise<Readonly<Record<string, string>> | undefined>
  /** Shared by several of one payer; its own unless given. */
  readonly terms?: RememberedTerms
  readonly clock?: Clock
  readonly random?: Random
}

type Settings = Omit<PayingFetchOptions, 'fetch' | 'clock' | 'terms'> & {
  readonly fetch: typeof globalThis.fetch
  readonly clock: Clock
  readonly terms: RememberedTerms
}

const receipts = new WeakMap<Response, PaymentReceipt>()

/**
 * What was paid for an answer of a paying fetch; undefined when nothing was, and of a stream by the step until its end. Of an answer with its
 * receipt behind it `isStated` is false until that end.
 */
export function receiptOf(response: Response): PaymentReceipt | undefined {
  return receipts.get(response)
}

/**
 * A drop-in `fetch`. A body that cannot be sent twice is buffered up to a bound; answers stream. A payment never follows a redirect to another
 * origin. Where a call of the same method and path was paid from a channel before, the payment goes with the first request. Throws `payments/*`
 * beside what `fetch` throws; after `payments/outcome-unknown` the same call goes with the same payment.
 */
export function payingFetch(options: PayingFetchOptions): typeof globalThis.fetch {
  const { fetch = globalThis.fetch, maximumBodyBytes = 16 << 20, clock = systemClock } = options
  const settings: Settings = { ...options, fetch, clock, terms: options.terms ?? new RememberedTerms() }
  return async (input, init) => {
    const request = new Request(input, init)
    const body = await readBodyWithin(request, maximumBodyBytes, init?.body)
    const isFollowed = input instanceof Request || (init?.signal ?? undefined) !== undefined
    const call = new OutgoingCall(request, body, isFollowed ? request.signal : undefined)
    const mayRemember = options.beforePaying === undefined && options.steps !== 'always'
    const known = mayRemember ? settings.terms.find(call, clock.nowMs()) : undefined
    return (known === undefined ? undefined : await payUnasked(settings, call, known)) ?? askAndPay(settings, call)
  }
}

/** Sends the payment with the first request. Undefined, with nothing sent, where the seller should be asked first. */
async function payUnasked(settings: Settings, call: OutgoingCall, known: Challenge): Promise<Response | undefined> {
  const { payer, onChallenge, terms } = settings
  try {
    await onChallenge?.(known, call.url)
  } catch {
    // It may be cheaper by now; if not it is refused again.
    terms.forget(call)
    return undefined
  }
  const wanted = callToPay(settings, call, known)
  const first = await payer.commitRemembered(wanted)
  return first === undefined ? undefined : pay(settings, call, wanted, first)
}

async function askAndPay(settings: Settings, call: OutgoingCall): Promise<Response> {
  const { fetch, wires, allowHttp = false, onChallenge, beforePaying } = settings
  const response = await fetch(call.url, call.init({}, call.request.redirect))
  if (response.status !== 402) return response
  const challenge = await challengeOf(wires, response, settings.steps === 'always')
  if (challenge === undefined) return response
  const url = checkPayable(call.request, response, allowHttp)
  await onChallenge?.(challenge, url)
  const final = call.at(url)
  const early = await beforePaying?.(challenge, url)
  if (early !== undefined) {
    const entered = await fetch(url, final.init(early, 'manual'))
    if (entered.status !== 402) return entered
    await entered.body?.cancel()
  }
  try {
    return await pay(settings, final, callToPay(settings, final, challenge))
  } catch (error) {
    if (settings.steps !== 'beyondLimits' || wasSigned(error) || !isOverMoney(error)) throw error
    const stepped = await challengeOf(wires, response, true)
    if (stepped?.options.some(({ isStepped }) => isStepped === true) !== true) throw error
    return payBySteps(settings, final, stepped, error)
  }
}

/** The whole is more than limits or budget allow, and the seller takes steps. Where not even one of them fits the whole's refusal stands. */
async function payBySteps(settings: Settings, call: OutgoingCall, challenge: Challenge, refusal: KoinonError) {
  const options = challenge.options.filter(({ isStepped }) => isStepped === true)
  const bySteps = { ...settings, steps: 'always' } as const
  const steps = { ...challenge, options }
  await settings.onChallenge?.(steps, call.url)
  try {
    return await pay(bySteps, call, callToPay(bySteps, call, steps))
  } catch (error) {
    throw !wasSigned(error) && isOverMoney(error) ? refusal : error
  }
}

async function pay(settings: Settings, call: OutgoingCall, wanted: CallToPay, first?: OpenPayment): Promise<Response> {
  const { payer, clock, random = systemRandom, terms, onChallenge, fetch, graceMs } = settings
  let last: OpenPayment | undefined
  let isKept = false
  try {
    const { answer, receipt, coming } = await payCall<Response>({
      payer,
      call: wanted,
      first,
      random,
      nowMs: () => clock.nowMs(),
      signal: call.signal,
      async send(payment) {
        last = payment
        const outcome = await sendPayment(fetch, call, payment, graceMs)
        const asked = outcome.kind === 'required' && payment.isRemembered === true ? outcome.challenge : undefined
        if (asked !== undefined) await onChallenge?.(asked, call.url)
        return outcome
      },
    })
    if (coming !== undefined) return readOn(settings, call, answer, coming)
    if (receipt !== undefined) receipts.set(answer, receipt)
    isKept = receipt?.isStated === true
    return answer
  } finally {
    if (!isKept) terms.forget(call)
    else if (last !== undefined) terms.keep(call, last, clock.nowMs())
  }
}

/** Its receipt is known when it was read to its end. */
function readOn(settings: Settings, call: OutgoingCall, response: Response, payment: OpenPayment): Response {
  const { payer, fetch, graceMs } = settings
  if (payment.option.isStepped !== true) {
    const whole = trailingAnswer({
      payer,
      payment,
      response,
      again: (signal) => sendPayment(fetch, call.within(signal), payment, graceMs),
      onReceipt: (receipt) => receipts.set(whole, receipt),
    })
    receipts.set(whole, paymentReceipt(payment))
    return whole
  }
  const answer = steppedAnswer({
    payer,
    payment,
    response,
    send: (headers) => fetch(call.url, { method: 'HEAD', headers, redirect: 'error' }),
    onReceipt: (receipt) => receipts.set(answer, receipt),
  })
  return answer
}

function callToPay(
  { clock, random = systemRandom, concludeMs = 60_000, steps }: Settings,
  call: OutgoingCall,
  challenge: Challenge,
): CallToPay {
  const given = call.request.headers.get('idempotency-key')
  const isNamed = given !== null && /^[A-Za-z0-9_-]{16,128}$/.test(given)
  return {
    challenge,
    takesSteps: steps === 'always',
    origin: new URL(call.url).origin,
    resourceUrl: call.url,
    method: call.method,
    requestHash: call.requestHash(),
    paymentId: isNamed ? given : `pay_${bytesToHex(random(16)).slice(2)}`,
    ...(isNamed ? { isNamed } : {}),
    deadlineMs: clock.nowMs() + concludeMs,
  }
}
