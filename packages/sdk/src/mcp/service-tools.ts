import type { PayService, ServiceCall } from '@koinon/agents/client'
import type { McpTool } from '@koinon/agents/provider'
import { formatUnits, KoinonError, parseUnits } from '@koinon/base'
import { hostNameOf, isLoopbackHost } from '@koinon/base/node'
import { answerText } from './gateway-models.ts'
import { answer } from './model-tools.ts'
import type { NetworkPorts } from './ports.ts'

const callSchema = {
  url: { type: 'string', format: 'uri', maxLength: 2_048 },
  method: { type: 'string', enum: ['GET', 'POST'], default: 'POST' },
  body: { description: 'JSON of a POST' },
} as const
const mostAnswerBytes = 256 << 10
const unpaid = new Set(
  ['above-named-price', 'nothing-payable', 'budget-refused', 'budget-waits', 'budget-denied'].map(
    (code) => `payments/${code}`,
  ),
)

type Input = { readonly url: string; readonly method?: 'GET' | 'POST'; readonly body?: unknown }

/** Asking what a service of HTTP wants for a call, and paying for one. */
export function serviceTools(ports: NetworkPorts): readonly McpTool[] {
  const { payService } = ports
  return [quoteService(ports), ...(payService === undefined ? [] : [callService(ports, payService)])]
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

function callService(ports: NetworkPorts, payService: PayService): McpTool {
  return {
    name: 'call_service',
    description:
      'Calls a service of HTTP and pays for it at most what you name in dollars, within the ceiling of this server.',
    inputSchema: {
      type: 'object',
      properties: {
        ...callSchema,
        mostDollars: { type: 'string', pattern: '^\\d{1,6}(\\.\\d{1,12})?$', description: 'For example 0.01' },
      },
      required: ['url', 'mostDollars'],
      additionalProperties: false,
    },
    annotations: { readOnlyHint: false, openWorldHint: true },
    run: async (input, { signal }) => {
      const { url, method = 'POST', body, mostDollars } = input as Input & { readonly mostDollars: string }
      const maximumPicoUsd = parseUnits(mostDollars, 12)
      const target = serviceUrl(url, ports.gatewayUrl)
      const aside = ports.ceiling.setAside(maximumPicoUsd)
      const call: ServiceCall = { url: target, method, maximumPicoUsd, signal, ...(body === undefined ? {} : { body }) }
      const { response, paidPicoUsd } = await payService(call).catch((error: unknown) => {
        // Nothing was signed; every other outcome stays counted.
        if (unpaid.has((error as { readonly code?: string }).code ?? '')) aside.release()
        throw error
      })
      aside.settle(paidPicoUsd)
      return answer(`the service ${new URL(url).origin}`, {
        status: response.status,
        paidDollars: formatUnits(paidPicoUsd, 12),
        body: await answerText(response, mostAnswerBytes),
        leftOfCeilingDollars: formatUnits(ports.ceiling.leftPicoUsd, 12),
      })
    },
  }
}

/** How a call's body goes over the wire. */
function requestOf(method: 'GET' | 'POST', body: unknown): RequestInit {
  if (method === 'GET') return { method }
  return { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body ?? {}) }
}

/**
 * Where a model may send requests: https anywhere by name, plain http and this machine only when the gateway is of this machine too. Names
 * are not resolved here: one that points into a private network is not seen. Throws `mcp/bad-service-url`.
 */
export function serviceUrl(text: string, gatewayUrl: string): string {
  const isLocal = isLoopbackHost(new URL(gatewayUrl).host)
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isOpen = url?.protocol === 'https:' && url.username === '' && !isAddress(url.host)
  const isHere = isLocal && url?.protocol === 'http:' && isLoopbackHost(url.host)
  if (url !== undefined && (isOpen || isHere)) return url.href
  throw new KoinonError({
    code: 'mcp/bad-service-url',
    message: 'Services are called under https and a name; on a network of this machine also under http on loopback',
  })
}

function isAddress(host: string): boolean {
  const name = hostNameOf(host)
  return /^[\d.]+$/.test(name) || name.includes(':') || isLoopbackHost(name) || !name.includes('.')
}

function termsOf(header: string | null): unknown {
  if (header === null) return undefined
  try {
    return JSON.parse(Buffer.from(header.slice(0, 65_536), 'base64').toString('utf8'))
  } catch {
    return '(unreadable)'
  }
}
