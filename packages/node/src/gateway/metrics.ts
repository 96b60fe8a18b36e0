/** Prometheus metrics of the gateway. Base units in the names: seconds, bytes, tokens. */
import type { GatewayEvent, ProviderTable } from '@koinon/inference/client'
import type { PaymentDoorEvent } from '@koinon/payments/paywall'
import type { ClaimWatcher } from '@koinon/payments/provider'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

const latencyBucketsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export type GatewayMetrics = {
  observe(event: GatewayEvent): void
  /** Of answers that are bought by the call. */
  observePayment(event: PaymentDoorEvent): void
  text(): Promise<string>
  readonly contentType: string
}

export function createGatewayMetrics(sources: {
  readonly table: ProviderTable
  readonly watcher: ClaimWatcher
}): GatewayMetrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry, prefix: 'koinon_gateway_' })
  const answers = new Counter({
    name: 'koinon_gateway_answers_total',
    help: 'Answers by model and outcome',
    labelNames: ['model', 'outcome'],
    registers,
  })
  const tokens = new Counter({
    name: 'koinon_gateway_tokens_total',
    help: 'Tokens billed by direction',
    labelNames: ['direction'],
    registers,
  })
  const attempts = new Counter({
    name: 'koinon_gateway_failed_attempts_total',
    help: 'Providers that failed an attempt, by code',
    labelNames: ['code'],
    registers,
  })
  const refusals = new Counter({
    name: 'koinon_gateway_refusals_total',
    help: 'Requests refused, by code',
    labelNames: ['code'],
    registers,
  })
  const payments = new Counter({
    name: 'koinon_gateway_payments_total',
    help: 'Requests without a key: demanded (a first 402), held, repeated, or refused with a code',
    labelNames: ['outcome', 'wire', 'backEnd', 'code'],
    registers,
  })
  const recovered = new Counter({
    name: 'koinon_gateway_recovered_dollars_total',
    help: 'Owed to providers for answers that a crash kept us from billing',
    registers,
  })
  const firstByte = new Histogram({
    name: 'koinon_gateway_first_byte_seconds',
    help: 'Time to the first byte of an answer',
    buckets: latencyBucketsSeconds,
    registers,
  })
  const whole = new Histogram({
    name: 'koinon_gateway_answer_seconds',
    help: 'Time of a whole answer',
    buckets: latencyBucketsSeconds,
    registers,
  })
  registry.registerMetric(
    new Gauge({
      name: 'koinon_gateway_providers',
      help: 'Providers with a valid offer',
      registers: [],
      collect() {
        this.set(sources.table.list().filter((link) => link.offer !== undefined).length)
      },
    }),
  )
  registry.registerMetric(
    new Gauge({
      name: 'koinon_gateway_unclaimed_dollars',
      help: 'Earned on channels and not yet claimed',
      registers: [],
      collect() {
        this.set(Number(sources.watcher.status().unclaimedAtomic) / 1e6)
      },
    }),
  )
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    observePayment(event) {
      payments.inc({
        outcome: event.kind,
        wire: 'wire' in event ? event.wire : '',
        backEnd: 'backEnd' in event ? event.backEnd : '',
        code: 'code' in event ? event.code : '',
      })
    },
    observe(event) {
      if (event.kind === 'answer') {
        answers.inc({ model: event.model, outcome: event.outcome })
        tokens.inc({ direction: 'prompt' }, event.promptTokens)
        tokens.inc({ direction: 'output' }, event.outputTokens)
        firstByte.observe(event.firstByteMs / 1000)
        whole.observe(event.totalMs / 1000)
      } else if (event.kind === 'attemptFailed') attempts.inc({ code: event.code })
      else if (event.kind === 'reconciled') recovered.inc(Number(event.recoveredPicoUsd) / 1e12)
      else refusals.inc({ code: event.code })
    },
  }
}
