/** A priced MCP tool call: payments in `_meta`, one result that asks by x402 and MPP alike (specs/0022-machine-payments.md sections 6, 7.6). */
import { asObject } from '../mpp/rules/canonical-json.ts'
import { parseChallenges } from '../mpp/rules/challenge.ts'
import { credentialInMcp, mcpChallenges, mppMetaKeys } from '../mpp/rules/mcp.ts'
import { parseReceipt } from '../mpp/rules/receipt.ts'
import { requestHashOf } from '../rules/http-call.ts'
import type { PaymentTerms } from '../rules/terms.ts'
import { mcpKeys } from '../x402/rules/mcp.ts'
import { callBody, messageError, x402Header, x402Payload } from './message-call.ts'
import type { MessageDoor, MessageOutcome, MessageParts, MessageSale } from './message-door.ts'

type Json = Readonly<Record<string, unknown>>

export type ToolSale = {
  readonly terms: PaymentTerms
  /** Arguments that the tool's schema let through. */
  readonly input: Json
  /** `_meta` of the call, as it came. */
  readonly meta: unknown
  /** The tool's result. What it throws costs nothing. */
  readonly work: (paid: Parameters<MessageSale['work']>[0]) => Promise<Json>
}

/** What an MCP tool call answers; plain JSON, no SDK is needed. */
export type ToolAnswer = Readonly<Record<string, unknown>> & { readonly isError?: boolean }

/** Sells one call. `terms.resource.url` is `mcp://tool/NAME`. Rejects with what the work threw. */
export async function sellToolCall(door: MessageDoor, sale: ToolSale): Promise<ToolAnswer> {
  const { terms, input, work } = sale
  const { url } = terms.resource
  const body = callBody(input)
  const meta = asObject(sale.meta) ?? {}
  const payment = x402Header(meta, mcpKeys.payment)
  const outcome = await door.sell({
    terms,
    request: {
      method: 'POST',
      url,
      body,
      requestHash: requestHashOf('POST', url, body),
      headers: { ...(payment === undefined ? {} : { 'payment-signature': payment }), ...mppHeader(meta) },
    },
    ...mppName(meta),
    work,
  })
  return answerOf(outcome)
}

function answerOf(outcome: MessageOutcome): ToolAnswer {
  if (outcome.kind === 'failed') throw outcome.error
  if (outcome.kind === 'sold') return withReceipts(outcome.answer as Json, outcome.headers)
  if (outcome.kind === 'acted') return withReceipts({ content: [textOf(outcome.body)] }, outcome.headers)
  if (outcome.kind === 'demanded') return demandOf(outcome.demand)
  if (outcome.kind === 'refused') return withReceipts(demandOf(outcome.demand), outcome.failure)
  const error = messageError(outcome.error)
  return { isError: true, structuredContent: { error }, content: [textOf({ error })] }
}

/** x402's demand is the result's content, MPP's lies in `_meta`: clients of either read theirs. */
function demandOf({ x402, mpp }: MessageParts): ToolAnswer {
  const challenges = mpp?.headers['www-authenticate']
  const required = x402?.body
  const problem = mpp?.body ?? {}
  return {
    isError: true,
    ...(required === undefined ? {} : { structuredContent: required }),
    content: [textOf(required ?? problem)],
    ...(challenges === undefined
      ? {}
      : { _meta: { [mppMetaKeys.required]: mcpChallenges(parseChallenges(challenges), problem) } }),
  }
}

function withReceipts(result: Json, headers: Readonly<Record<string, string>>): ToolAnswer {
  const x402 = headers['payment-response']
  const mpp = headers['payment-receipt']
  return {
    ...result,
    _meta: {
      ...asObject(result['_meta']),
      ...(x402 === undefined ? {} : { [mcpKeys.response]: x402Payload(x402) }),
      ...(mpp === undefined ? {} : { [mppMetaKeys.receipt]: parseReceipt(mpp) }),
    },
  }
}

function mppHeader(meta: Json): Readonly<Record<string, string>> {
  if (!Object.hasOwn(meta, mppMetaKeys.credential)) return {}
  const authorization = credentialInMcp(meta[mppMetaKeys.credential])
  // What is there and cannot be read must not pass for "no payment".
  return { authorization: authorization ?? 'Payment e30' }
}

/** A challenge is for one call, so its id names the call: the same credential again is heard again and not charged again. */
function mppName(meta: Json): { readonly paymentId?: string } {
  const id = asObject(asObject(meta[mppMetaKeys.credential])?.['challenge'])?.['id']
  return typeof id === 'string' && /^[A-Za-z0-9_-]{16,124}$/.test(id) ? { paymentId: `mpp_${id}` } : {}
}

function textOf(json: unknown) {
  return { type: 'text', text: JSON.stringify(json) } as const
}
