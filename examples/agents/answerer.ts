/** Answers questions with a model of the network. KOINON_GATEWAY_URL and KOINON_API_KEY name the gateway and who pays it. */
import { askGateway } from '@koinon/sdk'
import { defineAgent, defineService } from '@koinon/sdk/agent'

type Question = { readonly question: string }
type Answer = { readonly answer: string; readonly receiptId: string; readonly failedChecks: number }

const longest = 4_000

export const agent = defineAgent({
  name: 'Answerer',
  description: 'Answers a question with a model of the network and names the receipt that proves who computed it.',
  version: '1.0.0',
  services: [
    defineService<Question, Answer>({
      name: 'answer',
      description: 'One answer of at most 256 tokens',
      input: {
        type: 'object',
        properties: { question: { type: 'string', minLength: 1, maxLength: longest } },
        required: ['question'],
        additionalProperties: false,
      },
      output: {
        type: 'object',
        properties: {
          answer: { type: 'string' },
          receiptId: { type: 'string' },
          failedChecks: { type: 'integer' },
        },
        required: ['answer', 'receiptId', 'failedChecks'],
      },
      run: async ({ question }, { signal }) => {
        const told = await askGateway({
          baseUrl: `${process.env['KOINON_GATEWAY_URL'] ?? 'http://127.0.0.1:8402'}/v1`,
          apiKey: process.env['KOINON_API_KEY'] ?? '',
          body: { messages: [{ role: 'user', content: question }], max_tokens: 256 },
          signal,
        })
        return {
          answer: told.text,
          receiptId: told.receiptId ?? '',
          failedChecks: told.checks.filter(({ state }) => state === 'fail').length,
        }
      },
    }),
  ],
})
