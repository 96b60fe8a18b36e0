/** x402 where calls are messages and not HTTP requests: MCP tools (`_meta`) and A2A tasks (metadata). Plain JSON; no SDK is needed. */
import { bytesToHex, sha256, systemClock, systemRandom, utf8ToBytes } from '@koinon/base'
import type { WireReceipt } from '../../client/client-wire.ts'
import { type PaidAnswer, payCall } from '../../client/paid-call.ts'
import type { Payer } from '../../client/payer.ts'
import { object } from './challenge.ts'
import { paymentPayload } from './payload.ts'
import { readSettleResponse, x402Challenge } from './x402-wire.ts'

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
  readonly concludeMs?: number
}

/**
 * Calls an MCP tool and pays for it when it asks: `send` adds the fields to `params._meta`. Throws what `Payer` throws,
 * `payments/payment-refused` and `payments/outcome-unknown`.
 */
export function payTool<result>(call: MessageCall<result>): Promise<PaidAnswer<result>> {
  return payMessage(call, {
    required: (result) => (object(result)?.['isError'] === true ? requiredOfTool(object(result) as Json) : undefined),
    receipt: (result) => object(object(result)?.['_meta'])?.['x402/payment-response'],
    attach: (payload) => ({ 'x402/payment': payload }),
  })
}

/** Sends an A2A message and pays when the task waits for it: `send` adds the fields to the message's metadata. Throws as `payTool`. */
export function payTask<task>(call: MessageCall<task>): Promise<PaidAnswer<task>> {
  const metadata = (task: unknown): Json =>
    object(object(object(object(task)?.['status'])?.['message'])?.['metadata']) ?? {}
  return payMessage(call, {
    required: (task) => {
      const fields = metadata(task)
      const isWaiting = fields['x402.payment.status'] === 'payment-required'
      return isWaiting || fields['x402.payment.required'] !== undefined ? fields['x402.payment.required'] : undefined
    },
    receipt: (task) => {
      const receipts = metadata(task)['x402.payment.receipts']
      return Array.isArray(receipts) ? receipts.at(-1) : undefined
    },
    attach: (payload) => ({ 'x402.payment.status': 'payment-submitted', 'x402.payment.payload': payload }),
  })
}

type Carrier = {
  /** The PaymentRequired in an answer; undefined when it asks for nothing. */
  required(message: unknown): unknown
  receipt(message: unknown): unknown
  attach(payload: Json): Json
}

async function payMessage<message>(call: MessageCall<message>, carrier: Carrier): Promise<PaidAnswer<message>> {
  const first = await call.send({})
  const required = carrier.required(first)
  if (required === undefined) return { answer: first, receipt: undefined }
  const nowMs = (): number => systemClock.nowMs()
  return payCall<message>({
    payer: call.payer,
    random: systemRandom,
    nowMs,
    call: {
      challenge: x402Challenge(required),
      origin: call.origin,
      resourceUrl: call.resourceUrl,
      requestHash: bytesToHex(sha256(utf8ToBytes(JSON.stringify(call.request)))),
      deadlineMs: nowMs() + (call.concludeMs ?? 60_000),
      ...(call.paymentId === undefined
        ? { paymentId: `pay_${bytesToHex(systemRandom(16)).slice(2)}` }
        : { paymentId: call.paymentId, isNamed: true }),
    },
    async send(payment) {
      let answer: message
      try {
        answer = await call.send(carrier.attach(paymentPayload(payment)))
      } catch (cause) {
        return { kind: 'unknown', cause }
      }
      const receipt: WireReceipt | undefined = readSettleResponse(carrier.receipt(answer))
      const again = carrier.required(answer)
      if (again !== undefined) return { kind: 'required', challenge: x402Challenge(again), receipt }
      return receipt?.isSuccess === false
        ? { kind: 'required', challenge: undefined, receipt }
        : { kind: 'answered', answer, receipt }
    },
  })
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
