/** Hires two other agents for one question and puts their words side by side. KOINON_HIRE_A and KOINON_HIRE_B are their A2A addresses. */
import { defineAgent, defineService } from '@koinon/sdk/agent'

type Question = { readonly question: string }
type Report = { readonly question: string; readonly answers: readonly string[]; readonly agree: boolean }

export const agent = defineAgent({
  name: 'Researcher',
  description: 'Asks two agents the same question and says whether they agree. It quotes them and follows neither.',
  version: '1.0.0',
  tools: {
    first: process.env['KOINON_HIRE_A'] ?? 'http://127.0.0.1:7101/a2a',
    second: process.env['KOINON_HIRE_B'] ?? 'http://127.0.0.1:7102/a2a',
  },
  services: [
    defineService<Question, Report>({
      name: 'research',
      description: 'Two answers to one question',
      input: {
        type: 'object',
        properties: { question: { type: 'string', minLength: 1, maxLength: 4_000 } },
        required: ['question'],
        additionalProperties: false,
      },
      output: {
        type: 'object',
        properties: {
          question: { type: 'string' },
          answers: { type: 'array', items: { type: 'string' } },
          agree: { type: 'boolean' },
        },
        required: ['question', 'answers', 'agree'],
      },
      run: async ({ question }, { hire, say }) => {
        say('asking two agents')
        const work = { service: 'answer', input: { question } }
        const [first, second] = await Promise.all([hire('first', work), hire('second', work)])
        const answers = [first, second].map((told) => String((told as { readonly answer?: unknown }).answer ?? ''))
        return { question, answers, agree: same(answers[0] as string, answers[1] as string) }
      },
    }),
  ],
})

function same(a: string, b: string): boolean {
  const plain = (text: string): string => text.toLowerCase().replace(/\W+/g, ' ').trim()
  return plain(a) === plain(b)
}
