/** Paying where calls are messages and not HTTP requests: MCP tools (`_meta`) and A2A tasks (metadata). Plain JSON; no SDK is needed. */
import { bytesToHex, type Hex, KoinonError, sha256, systemClock, systemRandom, utf8ToBytes } from '@koinon/base'
import type { AttachedPayment, Challenge, WireReceipt } from '../client/client-wire.ts'
import { type BoughtAnswer, type Outcome, payCall } from '../client/paid-call.ts'
import { checkSecure } from '../client/payable-request.ts'
import type { CallToPay, OpenPayment, Payer } from '../client/payer.ts'
import type { RememberedCall, RememberedTerms } from '../client/remembered-terms.ts'
import type { MppMessages } from '../mpp/client/mpp-wire.ts'
import { mppErrorCodes, mppMetaKeys } from '../mpp/rules/mcp.ts'
import { object } from '../x402/client/challenge.ts'
import { paymentPayload } from '../x402/client/payload.ts'
import { readSettleResponse, x402Challenge, x402Wire } from '../x402/client/x402-wire.ts'
import { a2aExtensionUri, a2aKeys } from '../x402/rules/a2a.ts'
import { mcpKeys } from '../x402/rules/mcp.ts'

type Json = Readonly<Record<string, unknown>>

export type MessageCall<message> = {
  readonly payer: Payer
  /** Who sells, as the payer's limits name it: the origin of the server's URL, or a name for one without. */
  readonly origin: string
  /** What is bought: `mcp://tool/NAME`, or the agent's URL. */
  readonly resourceUrl: string
  /** The request without its payment; the same one again goes with the same commitment. */
  readonly request: unknown
  /** Names the call; random unless given. */
  readonly paymentId?: string
  /** Sends the request, with these fields added to its `_meta` (MCP) or message metadata (A2A). Rejects when nothing came back. */
  send(fields: Json): Promise<message>
  /** Asked before anything is signed for terms, remembered ones too; throws to refuse. */
  readonly onChallenge?: (challenge: Challenge) => void
  readonly signal?: AbortSignal
  readonly concludeMs?: number
  /** For servers that ask by MPP alone; MCP only. */
  readonly mpp?: MppMessages
  /** Where terms are kept between calls: then the payment goes with the first message where its price is known (specs/0022 section 8). */
  readonly terms?: RememberedTerms
  /** What the price depends on beside the resource, such as the service that a task names. */
  readonly priceKey?: string
}

/**
 * Calls an MCP tool and pays for it when it asks: `send` adds the fields to `params._meta`, and may throw the server's JSON-RPC error. Throws
 * what `Payer` throws, `payments/payment-refused`, `payments/outcome-unknown` and `payments/insecure-origin`.
 */
export function payToolCall<result>(call: MessageCall<result>): Promise<BoughtAnswer<result>> {
  const challenge = (result: unknown): Challenge | undefined => {
    const value = object(result)
    const required = value?.['isError'] === true ? requiredOfTool(value) : undefined
    if (required !== undefined) return x402Challenge(required)
    return call.mpp?.challenge(object(value?.['_meta'])?.[mppMetaKeys.required], call.origin)
  }
  return payMessage(call, {
    kind: 'tool',
    challenge,
    receipt: (result) => {
      const meta = object(object(result)?.['_meta']) ?? {}
      return readSettleResponse(meta[mcpKeys.response]) ?? call.mpp?.receipt(meta[mppMetaKeys.receipt])
    },
    attach: (payment) =>
      payment.challenge.wire === x402Wire
        ? { [mcpKeys.payment]: paymentPayload(payment) }
        : { [mppMetaKeys.credential]: call.mpp?.credential(payment) },
    // MPP's servers may ask by an error, which carries no answer.
    thrown: (error) => {
      const { code, data } = (error ?? {}) as { readonly code?: unknown; readonly data?: unknown }
      return mppErrorCodes.includes(code) ? call.mpp?.challenge(data, call.origin) : undefined
    },
    isUndecided: (result) => {
      const value = object(result)
      const retry = object(object(value?.['structuredContent'])?.['error'])?.['retry']
      return value?.['isError'] === true && (retry === 'later' || retry === 'unknown')
    },
  })
}

/** Names the extension that `payTaskCall` speaks, for the header `a2a-extensions`. */
export const a2aPaymentExtension = a2aExtensionUri

/** Sends an A2A message and pays when the task waits for it: `send` adds the fields to the message's metadata. Throws as `payToolCall`. */
export function payTaskCall<task>(call: MessageCall<task>): Promise<BoughtAnswer<task>> {
  const metadata = (task: unknown): Json =>
    object(object(object(object(task)?.['status'])?.['message'])?.['metadata']) ?? {}
  return payMessage(call, {
    kind: 'task',
    challenge: (task) => {
      const fields = metadata(task)
      const isWaiting = fields[a2aKeys.status] === 'payment-required'
      return isWaiting || fields[a2aKeys.required] !== undefined ? x402Challenge(fields[a2aKeys.required]) : undefined
    },
    receipt: (task) => {
      const receipts = metadata(task)[a2aKeys.receipts]
      return Array.isArray(receipts) ? readSettleResponse(receipts.at(-1)) : undefined
    },
    attach: (payment) => ({
      [a2aKeys.status]: 'payment-submitted',
      [a2aKeys.payload]: paymentPayload(payment),
    }),
    thrown: () => undefined,
    isUndecided: (task) => metadata(task)[a2aKeys.status] === 'payment-submitted',
  })
}

type Carrier = {
  readonly kind: 'tool' | 'task'
  /** What an answer asks for; undefined when it asks for nothing. */
  challenge(message: unknown): Challenge | undefined
  receipt(message: unknown): WireReceipt | undefined
  attach(payment: AttachedPayment): Json
  /** What an error of the server asks for. */
  thrown(error: unknown): Challenge | undefined
  /** The seller cannot say yet. */
  isUndecided(message: unknown): boolean
}

async function payMessage<message>(call: MessageCall<message>, carrier: Carrier): Promise<BoughtAnswer<message>> {
  const known = call.terms?.find(rememberedCall(call, carrier), systemClock.nowMs())
  return (known === undefined ? undefined : await payUnasked(call, carrier, known)) ?? askAndPay(call, carrier)
}

/** Sends the payment with the first message. Undefined, with nothing sent, where the seller should be asked first. */
async function payUnasked<message>(
  call: MessageCall<message>,
  carrier: Carrier,
  known: Challenge,
): Promise<BoughtAnswer<message> | undefined> {
  try {
    call.onChallenge?.(known)
  } catch {
    // It may be cheaper by now; if not it is refused again.
    call.terms?.forget(rememberedCall(call, carrier))
    return undefined
  }
  const wanted = callToPay(call, known)
  const first = await call.payer.commitRemembered(wanted)
  return first === undefined ? undefined : pay(call, carrier, wanted, first)
}

async function askAndPay<message>(call: MessageCall<message>, carrier: Carrier): Promise<BoughtAnswer<message>> {
  const asked = await firstAnswer(call, carrier)
  if (asked.challenge === undefined) return { answer: asked.answer as message, receipt: undefined }
  if (URL.canParse(call.origin)) checkSecure(new URL(call.origin), false)
  call.onChallenge?.(asked.challenge)
  return pay(call, carrier, callToPay(call, asked.challenge))
}

async function pay<message>(
  call: MessageCall<message>,
  carrier: Carrier,
  wanted: CallToPay,
  first?: OpenPayment,
): Promise<BoughtAnswer<message>> {
  let last: OpenPayment | undefined
  let isKept = false
  try {
    const paid = await payCall<message>({
      payer: call.payer,
      random: systemRandom,
      nowMs: () => systemClock.nowMs(),
      signal: call.signal,
      call: wanted,
      first,
      async send(payment) {
        last = payment
        const outcome = await sendPaid(call, carrier, payment)
        const asked = outcome.kind === 'required' && payment.isRemembered === true ? outcome.challenge : undefined
        if (asked !== undefined) call.onChallenge?.(asked)
        return outcome
      },
    })
    isKept = paid.receipt?.isStated === true
    return paid
  } finally {
    const remembered = rememberedCall(call, carrier)
    if (!isKept) call.terms?.forget(remembered)
    else if (last !== undefined) call.terms?.keep(remembered, last, systemClock.nowMs())
  }
}

function callToPay<message>(call: MessageCall<message>, challenge: Challenge): CallToPay {
  return {
    challenge,
    origin: call.origin,
    resourceUrl: call.resourceUrl,
    requestHash: requestHashOf(call),
    deadlineMs: systemClock.nowMs() + (call.concludeMs ?? 60_000),
    ...(call.paymentId === undefined
      ? { paymentId: `pay_${bytesToHex(systemRandom(16)).slice(2)}` }
      : { paymentId: call.paymentId, isNamed: true }),
  }
}

function rememberedCall<message>(call: MessageCall<message>, { kind }: Carrier): RememberedCall {
  const { origin, resourceUrl, priceKey = '' } = call
  return {
    method: kind,
    url: `${encodeURIComponent(priceKey)} ${origin} ${resourceUrl}`,
    requestHash: () => requestHashOf(call),
  }
}

function requestHashOf({ request }: Pick<MessageCall<unknown>, 'request'>): Hex {
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(request))))
}

async function firstAnswer<message>(call: MessageCall<message>, carrier: Carrier) {
  try {
    const answer = await call.send({})
    return { answer, challenge: carrier.challenge(answer) }
  } catch (error) {
    const challenge = carrier.thrown(error)
    if (challenge === undefined) throw error
    return { answer: undefined, challenge }
  }
}

async function sendPaid<message>(
  call: MessageCall<message>,
  carrier: Carrier,
  payment: AttachedPayment,
): Promise<Outcome<message>> {
  let answer: message
  try {
    answer = await call.send(carrier.attach(payment))
  } catch (cause) {
    const challenge = carrier.thrown(cause)
    return challenge === undefined ? { kind: 'unknown', cause } : { kind: 'required', challenge }
  }
  const receipt = carrier.receipt(answer)
  const challenge = carrier.challenge(answer)
  if (challenge !== undefined) return { kind: 'required', challenge, receipt }
  if (carrier.isUndecided(answer)) return { kind: 'unknown', cause: undecided(), retryAfterMs: 500 }
  return receipt?.isSuccess === false
    ? { kind: 'required', challenge: undefined, receipt }
    : { kind: 'answered', answer, receipt }
}

function undecided(): KoinonError {
  return new KoinonError({ code: 'payments/seller-undecided', message: 'The seller cannot say yet what became of it' })
}

/** `structuredContent`, or the first text that is a PaymentRequired. */
function requiredOfTool(result: Json): unknown {
  if (isRequired(result['structuredContent'])) return result['structuredContent']
  const contents = Array.isArray(result['content']) ? (result['content'] as readonly unknown[]) : []
  for (const content of contents.slice(0, 4)) {
    const text = object(content)?.['text']
    if (typeof text !== 'string' || text.length > 64 << 10) continue
    try {
      const json: unknown = JSON.parse(text)
      if (isRequired(json)) return json
    } catch {
      // Prose of the tool.
    }
  }
  return undefined
}

function isRequired(json: unknown): boolean {
  return object(json)?.['x402Version'] !== undefined && Array.isArray(object(json)?.['accepts'])
}
