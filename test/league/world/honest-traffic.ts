/** Many ordinary requests through a gateway to honest miners, each receipt checked at L2 with the bytes that the client itself kept. */
import { verifySessionNative } from '@koinon/base/node'
import type { InferenceEngine } from '@koinon/inference/provider/engine'
import { parseAnswerEvidence, verifyAnswer } from '@koinon/inference/verifier'
import { type Check, parseBundle } from '@koinon/work'

export type HonestTraffic = {
  readonly requests: number
  readonly checks: number
  /** Checks that failed or were not made, with the request they belong to. */
  readonly accusations: readonly (Check & { readonly request: string })[]
  readonly unanswered: readonly string[]
  readonly streamed: number
  readonly outputTokens: number
  readonly finishReasons: Readonly<Record<string, number>>
  readonly answerSeconds: number
  readonly checkSeconds: number
}

export type TrafficOptions = {
  readonly url: string
  readonly apiKey: string
  readonly chainId: number
  readonly engine: InferenceEngine
  readonly requests: number
  readonly concurrency: number
  /** The same seed asks the same questions. */
  readonly seed: number
}

type Answer = { readonly id: string; readonly request: Uint8Array; readonly response: Uint8Array }

export async function runHonestTraffic(options: TrafficOptions): Promise<HonestTraffic> {
  const { requests, concurrency } = options
  const answers: Answer[] = []
  const unanswered: string[] = []
  const bodies = Array.from({ length: requests }, (_, index) => questionOf(options.seed * 1_000_003 + index))
  const askedAtMs = performance.now()
  await sideBySide(bodies, concurrency, async ({ path, body }) => {
    const answer = await ask(options, path, body).catch((error: Error) => error)
    if (answer instanceof Error) unanswered.push(`${answer.message} for ${JSON.stringify(body)}`)
    else answers.push(answer)
  })
  const checkedAtMs = performance.now()
  const accusations: HonestTraffic['accusations'][number][] = []
  const finishReasons: Record<string, number> = {}
  let checks = 0
  let outputTokens = 0
  await sideBySide(answers, 4, async (answer) => {
    const { found, finishReason, tokens } = await judge(options, answer)
    checks += found.length
    outputTokens += tokens
    finishReasons[finishReason] = (finishReasons[finishReason] ?? 0) + 1
    const request = new TextDecoder().decode(answer.request)
    for (const check of found) if (check.state !== 'pass') accusations.push({ ...check, request })
  })
  return {
    requests,
    checks,
    accusations,
    unanswered,
    streamed: bodies.filter(({ body }) => body['stream'] === true).length,
    outputTokens,
    finishReasons,
    answerSeconds: (checkedAtMs - askedAtMs) / 1000,
    checkSeconds: (performance.now() - checkedAtMs) / 1000,
  }
}

async function sideBySide<item>(items: readonly item[], width: number, work: (item: item) => Promise<void>) {
  const queue = [...items]
  const next = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) await work(one)
  }
  await Promise.all(Array.from({ length: width }, next))
}

async function ask({ url, apiKey }: TrafficOptions, path: string, body: object): Promise<Answer> {
  const request = new TextEncoder().encode(JSON.stringify(body))
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: request,
    signal: AbortSignal.timeout(120_000),
  })
  const bytes = new Uint8Array(await response.arrayBuffer())
  if (response.status !== 200) throw new Error(`status ${response.status}: ${new TextDecoder().decode(bytes)}`)
  return { id: response.headers.get('x-koinon-receipt') ?? '', request, response: bytes }
}

async function judge(options: TrafficOptions, { id, request, response }: Answer) {
  const read = async (path: string): Promise<unknown> => {
    const answer = await fetch(`${options.url}${path}`, {
      headers: { authorization: `Bearer ${options.apiKey}` },
      signal: AbortSignal.timeout(60_000),
    })
    if (answer.status !== 200) throw new Error(`status ${answer.status} for ${path}`)
    return answer.json()
  }
  const bundle = parseBundle(await read(`/v1/receipts/${id}`))
  const shown = parseAnswerEvidence(await read(`/v1/receipts/${id}/evidence`))
  const { chainId, engine } = options
  const found = await verifyAnswer(
    {
      bundle,
      evidence: shown,
      ownRequest: request,
      ownResponse: response,
      chainId,
      verifySession: verifySessionNative,
      engine,
    },
    'L2',
  )
  const work = bundle.hops.at(-1)?.work ?? {}
  return { found, finishReason: String(work['finishReason']), tokens: Number(work['outputTokens']) }
}

const words = [
  'river',
  'stone',
  'why',
  'count',
  'the',
  'night',
  'über',
  '漢字',
  'naïve',
  '12',
  'tell',
  '🚲',
  'salt',
  '"quoted"',
]
const stops = ['e', 'th', '\n', 'zz', '.', ' a', 'é']

type Question = { readonly path: string; readonly body: Record<string, unknown> }

/** A request with random length, temperature, stops and seed; most fields are left out now and then. */
function questionOf(seed: number): Question {
  const random = generator(seed)
  const pick = <item>(list: readonly item[]): item => list[Math.floor(random() * list.length)] as item
  const sometimes = (share: number, fields: () => object): object => (random() < share ? fields() : {})
  const text = Array.from({ length: 1 + Math.floor(random() * 40) }, () => pick(words)).join(' ')
  const fields = {
    model: random() < 0.5 ? 'default' : 'league',
    ...sometimes(0.9, () => ({ max_tokens: 1 + Math.floor(random() ** 3 * 96) })),
    ...sometimes(0.8, () => ({ temperature: pick([0, 0.2, 0.7, 1, 1.5, 2]) })),
    ...sometimes(0.4, () => ({ top_p: pick([0.1, 0.5, 0.9, 1]) })),
    ...sometimes(0.7, () => ({ seed: Math.floor((random() - 0.5) * 2 ** 40) })),
    ...sometimes(0.4, () => ({ stop: random() < 0.5 ? pick(stops) : [pick(stops), pick(stops)] })),
    ...sometimes(0.5, () => ({ stream: true, ...sometimes(0.5, () => ({ stream_options: { include_usage: true } })) })),
  }
  if (random() < 0.2) return { path: '/v1/completions', body: { ...fields, prompt: text } }
  const turns = [...(random() < 0.3 ? [{ role: 'system', content: pick(words) }] : []), { role: 'user', content: text }]
  const logprobs = sometimes(0.1, () => ({ logprobs: true, top_logprobs: 2 }))
  return { path: '/v1/chat/completions', body: { ...fields, ...logprobs, messages: turns } }
}

/** Mulberry32: uniform in [0, 1), the same on every machine. */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let value = Math.imul(state ^ (state >>> 15), state | 1)
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
}
