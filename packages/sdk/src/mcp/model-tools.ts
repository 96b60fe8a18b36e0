import type { McpTool } from '@koinon/agents/provider'
import { untrustedText, visibleJson } from '@koinon/agents/rules'
import { formatUnits, isKoinonError, picoUsdDecimals } from '@koinon/base'
import { askGateway } from '@koinon/inference/client'
import { pricedModel, worstCostPicoUsd } from './gateway-models.ts'
import type { NetworkPorts } from './ports.ts'

const promptSchema = {
  model: { type: 'string', minLength: 1, maxLength: 200, default: 'default', description: 'Model id; "default" works' },
  prompt: { type: 'string', minLength: 1, maxLength: 100_000 },
  maxTokens: { type: 'integer', minimum: 1, maximum: 8_192, default: 256, description: 'Longest answer' },
} as const

type Question = { readonly model?: string; readonly prompt: string; readonly maxTokens?: number }

/** What a question to a model may cost at most, and asking it. */
export function modelTools(ports: NetworkPorts): readonly McpTool[] {
  const { apiKey } = ports
  return [quoteModel(ports), ...(apiKey === undefined ? [] : [callModel(ports, apiKey)])]
}

function quoteModel(ports: NetworkPorts): McpTool {
  return {
    name: 'quote_model',
    description: 'The most that a question to a model can cost, in dollars, before it is asked. Costs nothing.',
    inputSchema: { type: 'object', properties: promptSchema, required: ['prompt'], additionalProperties: false },
    annotations: { readOnlyHint: true },
    run: async (input, { signal }) => {
      const { model = 'default', prompt, maxTokens = 256 } = input as Question
      const priced = await pricedModel(ports, model, signal)
      const worst = worstCostPicoUsd(priced, prompt, maxTokens)
      return answer('the gateway', {
        model: priced.id,
        offers: priced.offerCount,
        costsAtMostDollars: formatUnits(worst, picoUsdDecimals),
        leftOfCeilingDollars: formatUnits(ports.ceiling.leftPicoUsd, picoUsdDecimals),
      })
    },
  }
}

function callModel(ports: NetworkPorts, apiKey: string): McpTool {
  return {
    name: 'call_model',
    description:
      'Asks a model of the network and pays for the answer, within the ceiling of this server. Returns the text, what it cost and the checks of its receipt.',
    inputSchema: { type: 'object', properties: promptSchema, required: ['prompt'], additionalProperties: false },
    annotations: { readOnlyHint: false, openWorldHint: true, destructiveHint: false },
    timeoutMs: 120_000,
    run: async (input, { signal }) => {
      const { model = 'default', prompt, maxTokens = 256 } = input as Question
      const priced = await pricedModel(ports, model, signal)
      const aside = ports.ceiling.setAside(worstCostPicoUsd(priced, prompt, maxTokens))
      try {
        const told = await askGateway({
          baseUrl: `${ports.gatewayUrl}/v1`,
          apiKey,
          body: { model: priced.id, messages: [{ role: 'user', content: prompt }], max_tokens: maxTokens },
          ...(ports.chainId === undefined ? {} : { chainId: ports.chainId }),
          signal,
        })
        aside.settle(told.amountPicoUsd)
        return answer(`the model ${priced.id} of the provider ${told.provider ?? 'unknown'}`, {
          text: told.text,
          receiptId: told.receiptId,
          costDollars: formatUnits(told.amountPicoUsd, picoUsdDecimals),
          checks: told.checks,
          leftOfCeilingDollars: formatUnits(ports.ceiling.leftPicoUsd, picoUsdDecimals),
        })
      } catch (error) {
        // A refusal costs nothing; after anything else nobody here knows, and the worst case stays counted.
        if (isKoinonError(error) && error.code === 'gateway/refused') aside.release()
        throw error
      }
    },
  }
}

/** An answer in which every word of others is quoted. */
export function answer(source: string, data: unknown): Awaited<ReturnType<McpTool['run']>> {
  return { content: [{ type: 'text', text: untrustedText(source, data) }] }
}

/** What this server or its owner's home says itself. What is of others in it has to be quoted already (`untrustedJson`). */
export function ownAnswer(data: unknown): Awaited<ReturnType<McpTool['run']>> {
  return { content: [{ type: 'text', text: JSON.stringify(visibleJson(data)) }] }
}
