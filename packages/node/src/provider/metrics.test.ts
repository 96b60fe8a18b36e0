import { defaultHttpLimits, HttpListener } from '@koinon/base/node'
import type { ProviderEvent } from '@koinon/inference/provider'
import { afterEach, describe, expect, it } from 'vitest'
import { createProviderMetrics, type ProviderMetrics } from './metrics.ts'

const listeners: HttpListener[] = []
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.stop(0)
})

const answer: ProviderEvent = {
  kind: 'answer',
  model: 'demo',
  outcome: 'final',
  promptTokens: 12,
  outputTokens: 30,
  firstByteMs: 40,
  totalMs: 400,
}
const benchmark = {
  prefillTokensPerSecond: 2_900.5,
  decode: [
    { slots: 1, tokensPerSecond: 200 },
    { slots: 4, tokensPerSecond: 310.5 },
  ],
}
const sources = {
  engine: { load: { activeSequences: 2, maxParallelSequences: 4, queuedRequests: 1 } },
  watcher: { status: () => ({ unclaimedAtomic: 1_500_000n }) as never },
  benchmark,
}

async function served(metrics: ProviderMetrics): Promise<(path: string, method?: string) => Promise<Response>> {
  const listener = new HttpListener({
    host: '127.0.0.1',
    port: 0,
    limits: defaultHttpLimits,
    handle: async (request, response) => {
      if (!(await metrics.serve(request, response))) response.writeHead(404).end()
    },
  })
  listeners.push(listener)
  const port = await listener.start()
  return (path, method = 'GET') => fetch(`http://127.0.0.1:${port}${path}`, { method })
}

/** Value of each sample by its name and labels. */
async function samples(response: Response): Promise<ReadonlyMap<string, number>> {
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]))
}

describe('metrics of a provider', () => {
  it('count answers, tokens, refusals and times in base units', async () => {
    const metrics = createProviderMetrics(sources)
    const get = await served(metrics)
    for (let count = 0; count < 3; count++) metrics.observe(answer)
    metrics.observe({ ...answer, outcome: 'cancelled', outputTokens: 1 })
    metrics.observe({ kind: 'refused', path: '/v1/offer', code: 'request/replayed' })
    const response = await get('/metrics')
    expect(response.headers.get('content-type')).toContain('version=0.0.4')
    const found = await samples(response)
    expect(found.get('koinon_provider_answers_total{model="demo",outcome="final"}')).toBe(3)
    expect(found.get('koinon_provider_answers_total{model="demo",outcome="cancelled"}')).toBe(1)
    expect(found.get('koinon_provider_tokens_total{direction="prompt"}')).toBe(48)
    expect(found.get('koinon_provider_tokens_total{direction="output"}')).toBe(91)
    expect(found.get('koinon_provider_refusals_total{code="request/replayed"}')).toBe(1)
    expect(found.get('koinon_provider_first_byte_seconds_sum')).toBeCloseTo(0.16)
    expect(found.get('koinon_provider_answer_seconds_bucket{le="0.5"}')).toBe(4)
    expect(found.get('koinon_provider_active_answers')).toBe(2)
    expect(found.get('koinon_provider_answer_places')).toBe(4)
    expect(found.get('koinon_provider_queued_answers')).toBe(1)
    expect(found.get('koinon_provider_unclaimed_dollars')).toBe(1.5)
    expect(found.get('koinon_provider_measured_tokens_per_second{direction="output"}')).toBe(310.5)
    expect(found.get('koinon_provider_process_resident_memory_bytes')).toBeGreaterThan(0)
  })

  it('claim no speed that was not measured, and are served for nothing else', async () => {
    const get = await served(createProviderMetrics({ ...sources, benchmark: undefined }))
    expect(await (await get('/metrics?x=1')).text()).not.toContain('measured_tokens_per_second')
    expect((await get('/metrics', 'POST')).status).toBe(404)
    expect((await get('/metricsx')).status).toBe(404)
  })
})
