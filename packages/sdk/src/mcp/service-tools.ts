import type { CallPayer } from '@koinon/agents/client'
import { McpConnection } from '@koinon/agents/client/mcp'
import type { McpTool } from '@koinon/agents/provider'
import { untrustedJson, visibleText } from '@koinon/agents/rules'
import { dollarDecimals, formatUnits, isKoinonError, KoinonError, picoUsdDecimals } from '@koinon/base'
import { answerText } from './gateway-models.ts'
import { hireTool } from './hire-tool.ts'
import { answer, ownAnswer } from './model-tools.ts'
import type { NetworkPorts } from './ports.ts'
import { type Limits, type Spend, serviceUrl, spending, spendSchema } from './spending.ts'

const callSchema = {
  url: { type: 'string', format: 'uri', maxLength: 2_048 },
  method: { type: 'string', enum: ['GET', 'POST'], default: 'POST' },
  body: { description: 'JSON of a POST; with "tool" its arguments' },
} as const
const mostAnswerBytes = 256 << 10

type Input = { readonly url: string; readonly method?: 'GET' | 'POST'; readonly body?: unknown }

/** Asking what a service wants for a call, paying for one, hiring an agent, and what the budget has left. */
export function serviceTools(ports: NetworkPorts): readonly McpTool[] {
  const { payer, budget } = ports
  return [
    quoteService(ports),
    ...(payer === undefined ? [] : [pay(ports, payer), hireTool(ports, payer)]),
    ...(budget === undefined ? [] : [budgetStatus(budget)]),
  ]
}

function quoteService(ports: NetworkPorts): McpTool {
  return {
    name: 'quote_service',
    description: 'Asks a service of HTTP without paying, and returns the terms of its 402 answer. Costs nothing.',
    inputSchema: { type: 'object', properties: callSchema, required: ['url'], additionalProperties: false },
    annotations: { readOnlyHint: true, openWorldHint: true },
    run: async (input, { signal }) => {
      const { url, method = 'POST', body } = input as Input
      const response = await ports.fetch(serviceUrl(url, ports.gatewayUrl), {
        ...requestOf(method, body),
        redirect: 'error',
        signal,
      })
      const text = await answerText(response, mostAnswerBytes)
      return answer(`the service ${new URL(url).origin}`, {
        status: response.status,
        isPaid: response.status === 402,
        x402: termsOf(response.headers.get('payment-required')),
        mpp: response.headers.get('www-authenticate') ?? undefined,
        body: text.slice(0, 8_192),
      })
    },
  }
}

function pay(ports: NetworkPorts, payer: CallPayer): McpTool {
  return {
    name: 'pay',
    description:
      'Asks any URL and pays for the answer at most what you name in dollars, from the budget that the owner granted and within the ceiling of this server. With "tool" the URL is that of an MCP server, whose tool is called.',
    inputSchema: {
      type: 'object',
      properties: { ...callSchema, tool: { type: 'string', minLength: 1, maxLength: 128 }, ...spendSchema },
      required: ['url', 'maxPerCallDollars'],
      additionalProperties: false,
    },
    annotations: { readOnlyHint: false, openWorldHint: true },
    timeoutMs: 120_000,
    run: async (input, { signal }) => {
      const { url, method = 'POST', body, tool, ...spend } = input as Input & Spend & { readonly tool?: string }
      const target = serviceUrl(url, ports.gatewayUrl)
      const { told, paidPicoUsd } = await spending(ports, spend, async (limits) => {
        if (tool !== undefined) return callTool(payer, target, tool, body, { ...limits, signal })
        const call = { url: target, method, signal, ...limits, ...(body === undefined ? {} : { body }) }
        const paid = await payer.pay(call)
        const { response } = paid
        // The answer is read after its price is known: one that is too long was paid all the same.
        return {
          paidPicoUsd: paid.paidPicoUsd,
          told: async () => {
            const text = await answerText(response, mostAnswerBytes)
            const receiptId = ports.receipts?.keep({
              headers: response.headers,
              answered: response,
              request: new TextEncoder().encode(method === 'GET' ? '' : JSON.stringify(body ?? {})),
              response: new TextEncoder().encode(text),
            })
            return { status: response.status, ...(receiptId === undefined ? {} : { receiptId }), body: text }
          },
        }
      }).catch((error: unknown) => {
        throw tool === undefined || isKoinonError(error) ? error : refusedByServer(error)
      })
      return answer(`the service ${new URL(target).origin}`, {
        ...(await told()),
        paidDollars: formatUnits(paidPicoUsd, picoUsdDecimals),
        leftOfCeilingDollars: formatUnits(ports.ceiling.leftPicoUsd, picoUsdDecimals),
      })
    },
  }
}

async function callTool(
  payer: CallPayer,
  url: string,
  tool: string,
  body: unknown,
  limits: Limits & { readonly signal: AbortSignal },
) {
  const { payMessage } = payer
  const connection = new McpConnection({ url, name: 'koinon', version: '1' })
  await connection.open()
  try {
    const input = typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : {}
    const called = await connection.callPaid(tool, input, { ...limits, payMessage })
    const { content, isError } = called.answer
    return { paidPicoUsd: called.paidPicoUsd, told: async () => ({ isError: isError === true, content }) }
  } finally {
    await connection.close()
  }
}

/** What a stranger's server said of a failure, quoted. */
function refusedByServer(error: unknown): KoinonError {
  const said = error instanceof Error ? error.message : String(error)
  return new KoinonError({
    code: 'mcp/tool-refused',
    message: `The call failed; its server says ${JSON.stringify(visibleText(said.slice(0, 200)))}`,
    cause: error,
  })
}

function budgetStatus(read: () => Promise<unknown>): McpTool {
  return {
    name: 'budget_status',
    description:
      'What the budget that pays allows, and what is left of it, in dollars and in atomic units (1,000,000 of them are a dollar). Costs nothing.',
    inputSchema: { type: 'object', properties: {}, additionalProperties: false },
    annotations: { readOnlyHint: true },
    run: async () => ownAnswer(quotedProposals(withDollars(await read()))),
  }
}

/** A budget is the owner's word; what waits for the owner's was asked for by others. */
function quotedProposals(budget: unknown): unknown {
  const { proposals } = (budget ?? {}) as { readonly proposals?: unknown }
  if (!Array.isArray(proposals) || proposals.length === 0) return budget
  return { ...(budget as object), proposals: untrustedJson('who asked to be paid', proposals) }
}

/** Adds `...Dollars` beside every `...Atomic` of the network's dollar. */
function withDollars(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withDollars)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).flatMap(([name, member]) => {
    const isAmount = name.endsWith('Atomic') && typeof member === 'string' && /^\d+$/.test(member)
    const inDollars = isAmount
      ? [[name.replace(/Atomic$/, 'Dollars'), formatUnits(BigInt(member), dollarDecimals)]]
      : []
    return [...inDollars, [name, withDollars(member)]]
  })
  return Object.fromEntries(entries)
}

/** How a call's body goes over the wire. */
function requestOf(method: 'GET' | 'POST', body: unknown): RequestInit {
  if (method === 'GET') return { method }
  return { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body ?? {}) }
}

function termsOf(header: string | null): unknown {
  if (header === null) return undefined
  try {
    return JSON.parse(Buffer.from(header.slice(0, 65_536), 'base64').toString('utf8'))
  } catch {
    return '(unreadable)'
  }
}
