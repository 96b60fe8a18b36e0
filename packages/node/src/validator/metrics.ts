import type { ValidatorEvent } from '@koinon/subnets'
import { Counter, collectDefaultMetrics, Registry } from 'prom-client'

/** A validator's metrics, Prometheus text. */
export type ValidatorMetrics = { observe(event: ValidatorEvent): void; text(): Promise<string> }

export function createValidatorMetrics(): ValidatorMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'koinon_validator_' })
  const steps = new Counter({
    name: 'koinon_validator_steps_total',
    help: 'Steps of the epoch by kind',
    labelNames: ['kind'],
    registers: [registry],
  })
  const failed = new Counter({
    name: 'koinon_validator_failed_miners_total',
    help: 'Miners with a failed check, per epoch',
    registers: [registry],
  })
  return {
    observe: (event) => {
      steps.inc({ kind: event.kind })
      if (event.kind === 'assessed') failed.inc(event.failedMiners)
    },
    text: () => registry.metrics(),
  }
}
