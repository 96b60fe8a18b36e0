import type { McpDefinition } from '@koinon/agents/provider'
import { untrustedText } from '@koinon/agents/rules'
import { fetchReceipt } from '../receipts.ts'
import { answerText } from './gateway-models.ts'
import type { NetworkPorts } from './ports.ts'

const deadlineMs = 15_000

/** Documents to read: the gateway's own description, subnets, receipts; and two ways to begin. */
export function networkResources(
  ports: NetworkPorts,
): Required<Pick<McpDefinition, 'resources' | 'resourceTemplates' | 'prompts'>> {
  const { apiKey, gatewayUrl, subnets } = ports
  return {
    resources: [
      {
        uri: 'koinon://docs/gateway',
        name: 'gateway',
        description: 'How this gateway is used',
        mimeType: 'text/plain',
        read: async () => {
          const signal = AbortSignal.timeout(deadlineMs)
          const response = await ports.fetch(`${gatewayUrl}/llms.txt`, { signal, redirect: 'error' })
          const text = untrustedText('the gateway', await answerText(response, 65_536))
          return { contents: [{ uri: 'koinon://docs/gateway', mimeType: 'text/plain', text }] }
        },
      },
      ...(subnets === undefined
        ? []
        : [
            {
              uri: 'koinon://subnets',
              name: 'subnets',
              description: 'Subnets of the network, from the ledger',
              mimeType: 'application/json',
              read: async () => ({
                contents: [
                  {
                    uri: 'koinon://subnets',
                    mimeType: 'application/json',
                    text: untrustedText('the ledger; names are of strangers', await subnets()),
                  },
                ],
              }),
            },
          ]),
    ],
    resourceTemplates:
      apiKey === undefined
        ? []
        : [
            {
              uriTemplate: 'koinon://receipts/{id}',
              name: 'receipt',
              description: 'The receipt of an answer, with its signatures',
              mimeType: 'application/json',
              read: async (uri, { id = '' }) => {
                const { bundle } = await fetchReceipt({ gatewayUrl, apiKey }, id)
                const text = untrustedText('the gateway', bundle)
                return { contents: [{ uri, mimeType: 'application/json', text }] }
              },
            },
          ],
    prompts:
      apiKey === undefined
        ? []
        : [
            {
              name: 'ask_and_check',
              description: 'Ask a model of the network and check the receipt of its answer',
              arguments: [{ name: 'question', description: 'What to ask', required: true }],
              get: ({ question = '' }) => ({
                messages: [
                  {
                    role: 'user',
                    content: {
                      type: 'text',
                      text: `Quote this question with quote_model, ask it with call_model when the price is fine, verify the receipt with verify_receipt, then tell me answer, cost and every check that failed or was left open. The question: ${question}`,
                    },
                  },
                ],
              }),
            },
          ],
  }
}
