import { type CallPayer, hireAgent } from '@koinon/agents/client'
import type { McpTool } from '@koinon/agents/provider'
import { bytesToHex, formatUnits, KoinonError, picoUsdDecimals, systemRandom } from '@koinon/base'
import { answerText } from './gateway-models.ts'
import { answer } from './model-tools.ts'
import type { NetworkPorts } from './ports.ts'
import { serviceUrl, spending, spendSchema } from './spending.ts'

const mostCardBytes = 256 << 10
const cardName = /\/agent(-card)?\.json$/

type Input = {
  readonly url: string
  readonly service?: string
  readonly input?: unknown
  readonly maxPerCallDollars: string
  readonly paymentId?: string
}

/** Hiring an agent for one task over A2A, paid inside the task. */
export function hireTool(ports: NetworkPorts, payer: CallPayer): McpTool {
  return {
    name: 'hire',
    description:
      'Gives an agent one task over A2A, waits for its end and pays at most what you name in dollars when it asks, from the budget that the owner granted and within the ceiling of this server. "url" is that of its card or of its A2A endpoint (find_agents).',
    inputSchema: {
      type: 'object',
      properties: {
        url: { type: 'string', format: 'uri', maxLength: 2_048 },
        service: { type: 'string', minLength: 1, maxLength: 128, description: "Of the agent's services" },
        input: { description: 'JSON that the service takes' },
        ...spendSchema,
      },
      required: ['url', 'maxPerCallDollars'],
      additionalProperties: false,
    },
    annotations: { readOnlyHint: false, openWorldHint: true },
    timeoutMs: 180_000,
    run: async (given, { signal }) => {
      const { url, service, input = {}, ...spend } = given as Input
      const endpoint = await endpointOf(ports, serviceUrl(url, ports.gatewayUrl), signal)
      const { fetch } = ports
      const { payMessage } = payer
      const hired = await spending(ports, spend, ({ maximumPicoUsd, paymentId }) =>
        hireAgent({
          url: endpoint,
          messageId: paymentId ?? `hire_${bytesToHex(systemRandom(16)).slice(2)}`,
          data: { ...(service === undefined ? {} : { service }), input },
          ...{ fetch, signal, maximumPicoUsd, payMessage },
        }),
      )
      return answer(`the agent at ${new URL(endpoint).origin}`, {
        answer: hired.answer,
        paidDollars: formatUnits(hired.paidPicoUsd, picoUsdDecimals),
        leftOfCeilingDollars: formatUnits(ports.ceiling.leftPicoUsd, picoUsdDecimals),
      })
    },
  }
}

/** Where the agent of a card answers: under the card's own origin, so that no card sends a payment elsewhere. */
async function endpointOf(ports: NetworkPorts, url: string, signal: AbortSignal): Promise<string> {
  if (!cardName.test(new URL(url).pathname)) return url
  const response = await ports.fetch(url, { redirect: 'error', signal })
  const card = cardOf(await answerText(response, mostCardBytes))
  const named = (card.supportedInterfaces ?? []).find(({ protocolBinding }) => protocolBinding === 'JSONRPC')?.url
  const endpoint = named ?? card.url
  if (typeof endpoint === 'string' && URL.canParse(endpoint) && new URL(endpoint).origin === new URL(url).origin)
    return serviceUrl(endpoint, ports.gatewayUrl)
  throw new KoinonError({
    code: 'mcp/foreign-agent',
    message: 'The card names no JSON-RPC endpoint under its own origin',
    hint: 'Hire by the URL of the endpoint itself, if you mean to pay its origin.',
  })
}

type Card = {
  readonly url?: unknown
  readonly supportedInterfaces?: readonly { readonly url?: unknown; readonly protocolBinding?: unknown }[]
}

function cardOf(text: string): Card {
  try {
    const card = JSON.parse(text) as Card | null
    return card !== null &&
      typeof card === 'object' &&
      (card.supportedInterfaces === undefined || Array.isArray(card.supportedInterfaces))
      ? card
      : {}
  } catch {
    return {}
  }
}
