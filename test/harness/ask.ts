import type { ReadyLine } from './network.ts'

export type Answer = {
  readonly status: number
  readonly body: string
  readonly receiptId: string | null
  readonly provider: string | null
  readonly headers: Headers
}

export type Question = {
  readonly text?: string
  readonly stream?: boolean
  readonly maxTokens?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly apiKey?: string
  readonly signal?: AbortSignal
  /** Further fields of the request body. */
  readonly extra?: Readonly<Record<string, unknown>>
}

const deadlineMs = 60_000

/** The request body of a question, as bytes that a test can keep. */
export function questionBody({
  text = 'What is a subnet?',
  stream = false,
  maxTokens = 24,
  extra = {},
}: Question): string {
  return JSON.stringify({
    model: 'default',
    stream,
    max_tokens: maxTokens,
    messages: [{ role: 'user', content: text }],
    ...extra,
  })
}

/** Sends a question with plain fetch; whatever comes back is an answer, refusals too. */
export async function ask(network: ReadyLine, question: Question = {}): Promise<Answer> {
  const response = await fetch(`${network.openai}/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${question.apiKey ?? network.apiKey}`,
      ...question.headers,
    },
    body: questionBody(question),
    signal: question.signal ?? AbortSignal.timeout(deadlineMs),
  })
  return {
    status: response.status,
    body: await response.text(),
    receiptId: response.headers.get('x-koinon-receipt'),
    provider: response.headers.get('x-koinon-provider'),
    headers: response.headers,
  }
}

/** GET of a JSON path of the gateway with the network's own API key. */
export async function getJson<json = Record<string, unknown>>(network: ReadyLine, path: string): Promise<json> {
  const response = await fetch(`${network.gateway}${path}`, {
    headers: { authorization: `Bearer ${network.apiKey}` },
    signal: AbortSignal.timeout(deadlineMs),
  })
  if (!response.ok) throw new Error(`GET ${path}: status ${response.status}: ${(await response.text()).slice(0, 500)}`)
  return (await response.json()) as json
}
