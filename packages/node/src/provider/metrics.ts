/** Prometheus metrics of a miner. Base units in the names: seconds, tokens, dollars. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { sendText } from '@koinon/base/node'
import type { ProviderEvent } from '@koinon/inference/provider'
import type { InferenceEngine } from '@koinon/inference/provider/engine'
import type { ClaimWatcher } from '@koinon/payments/provider'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { MachineBenchmark } from '../benchmark/machine-benchmark.ts'

const latencyBucketsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]

export type ProviderMetrics = {
  observe(event: ProviderEvent): void
  /** Serves `GET /metrics`; true when it did. */
  serve(request: IncomingMessage, response: ServerResponse): Promise<boolean>
}

/** Metrics of one provider process; `benchmark` as it was measured before the start, where it was. */
export function createProviderMetrics(sources: {
  readonly engine: Pick<InferenceEngine, 'load'>
  readonly watcher: Pick<ClaimWatcher, 'status'>
  readonly benchmark: Pick<MachineBenchmark, 'prefillTokensPerSecond' | 'decode'> | undefined
}): ProviderMetrics {
  const { engine, watcher, benchmark } = sources
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry, prefix: 'koinon_provider_' })
  const answers = new Counter({
    name: 'koinon_provider_answers_total',
    help: 'Answers by model and outcome',
    labelNames: ['model', 'outcome'],
    registers,
  })
  const tokens = new Counter({
    name: 'koinon_provider_tokens_total',
    help: 'Tokens worked on, by direction',
    labelNames: ['direction'],
    registers,
  })
  const refusals = new Counter({
    name: 'koinon_provider_refusals_total',
    help: 'Requests refused, by code',
    labelNames: ['code'],
    registers,
  })
  const firstByte = new Histogram({
    name: 'koinon_provider_first_byte_seconds',
    help: 'Time to the first byte of an answer, waiting for a place included',
    buckets: latencyBucketsSeconds,
    registers,
  })
  const whole = new Histogram({
    name: 'koinon_provider_answer_seconds',
    help: 'Time of a whole answer',
    buckets: latencyBucketsSeconds,
    registers,
  })
  const gauge = (name: string, help: string, read: () => number): void =>
    registry.registerMetric(
      new Gauge({
        name,
        help,
        registers: [],
        collect() {
          this.set(read())
        },
      }),
    )
  gauge('koinon_provider_active_answers', 'Answers being generated', () => engine.load.activeSequences)
  gauge(
    'koinon_provider_answer_places',
    'Answers that can be generated at once',
    () => engine.load.maxParallelSequences,
  )
  gauge('koinon_provider_queued_answers', 'Answers that wait for the engine', () => engine.load.queuedRequests)
  gauge(
    'koinon_provider_unclaimed_dollars',
    'Earned on channels and not yet claimed',
    () => Number(watcher.status().unclaimedAtomic) / 1e6,
  )
  if (benchmark !== undefined) {
    const measured = new Gauge({
      name: 'koinon_provider_measured_tokens_per_second',
      help: 'Speed measured before the start: of one prompt, and of all answers together',
      labelNames: ['direction'],
      registers,
    })
    measured.set({ direction: 'prompt' }, benchmark.prefillTokensPerSecond)
    measured.set({ direction: 'output' }, benchmark.decode.at(-1)?.tokensPerSecond ?? 0)
  }
  return {
    observe(event) {
      if (event.kind === 'answer') {
        answers.inc({ model: event.model, outcome: event.outcome })
        tokens.inc({ direction: 'prompt' }, event.promptTokens)
        tokens.inc({ direction: 'output' }, event.outputTokens)
        firstByte.observe(event.firstByteMs / 1000)
        whole.observe(event.totalMs / 1000)
      } else refusals.inc({ code: event.code })
    },
    async serve(request, response) {
      if (request.method !== 'GET' || request.url?.split('?')[0] !== '/metrics') return false
      sendText(response, 200, registry.contentType, await registry.metrics())
      return true
    },
  }
}
