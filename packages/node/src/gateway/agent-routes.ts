import type { IncomingMessage, ServerResponse } from 'node:http'
import { A2aDoor, type A2aJob, type A2aOutcome, type AgentBook } from '@koinon/agents/provider'
import type { Clock } from '@koinon/base'
import type { DurableStore } from '@koinon/base/node'
import { programVersion } from '../version.ts'

export type AgentRoutesOptions = {
  readonly book: AgentBook
  /** With `taskStoreSchema` among its tables. */
  readonly store: DurableStore
  readonly clock: Clock
  /** Where others reach this gateway. */
  readonly url: string
  /** Where it reaches itself. */
  readonly ownUrl: string
}

export type AgentRoutes = {
  /** True when the request was for one of the routes. */
  serve(request: IncomingMessage, response: ServerResponse): Promise<boolean>
  recover(): Promise<void>
}

const answerTokens = 512
const timeoutMs = 120_000

/** The gateway as an agent: the book of agents, and A2A tasks that are chat completions, paid by the caller's API key. */
export function createAgentRoutes(options: AgentRoutesOptions): AgentRoutes {
  const { book, store, clock, url, ownUrl } = options
  const door = new A2aDoor({
    card: {
      name: 'Koinon gateway',
      description: 'Answers of independent providers, each with a signed receipt, paid by an API key of this gateway.',
      version: programVersion,
      url: `${url}/a2a`,
      usesBearer: true,
      skills: [
        {
          id: 'chat',
          name: 'Answer',
          description: 'Answers a text with the default model; the receipt of the answer is named in the metadata.',
          tags: ['inference', 'receipts'],
        },
      ],
    },
    store,
    nowMs: clock.nowMs,
    work: (job) => answered(job, ownUrl),
  })
  return {
    serve: async (request, response) => (await book.serve(request, response)) || door.serve(request, response),
    recover: () => door.recover(),
  }
}

async function answered({ text, headers, isSecondRun, signal }: A2aJob, ownUrl: string): Promise<A2aOutcome> {
  // The key is not kept, so nobody can pay for what a crash broke off.
  if (isSecondRun) return { state: 'failed', text: 'The gateway was restarted; ask again' }
  const { authorization } = headers
  if (typeof authorization !== 'string') return { state: 'rejected', text: 'Show an API key of this gateway' }
  const response = await fetch(`${ownUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify({
      model: 'default',
      messages: [{ role: 'user', content: text }],
      max_tokens: answerTokens,
    }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  })
  const json = (await response.json()) as {
    readonly choices?: readonly { readonly message?: { readonly content?: string } }[]
    readonly error?: { readonly message?: string }
  }
  if (!response.ok)
    return { state: response.status >= 500 ? 'failed' : 'rejected', text: json.error?.message ?? 'The gateway refused' }
  const receipt = response.headers.get('x-koinon-receipt')
  return {
    state: 'completed',
    text: json.choices?.[0]?.message?.content ?? '',
    ...(receipt === null ? {} : { metadata: { 'koinon.receipt': receipt } }),
  }
}
