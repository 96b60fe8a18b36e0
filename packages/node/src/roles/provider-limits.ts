import { defaultHttpLimits } from '@koinon/base/node'
import type { ProviderLimits } from '@koinon/inference/provider'

const hourMs = 3_600_000

/** Bounds of a provider that works on `sequences` answers at once. */
export function providerLimits(sequences: number): ProviderLimits {
  return {
    http: defaultHttpLimits,
    capacity: sequences,
    queue: 32,
    answerTimeoutMs: 120_000,
    unpaidTokensPerHour: 20_000,
    evidenceRetentionMs: 24 * hourMs,
    answerBytes: 16 * 1024 * 1024,
    unsentBytes: 1024 * 1024,
  }
}
