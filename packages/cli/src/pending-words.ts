/** Announced changes of a subnet in words for people, and in plain JSON. The rules of its seats are told with the rules in force. */
import type { SubnetSummary } from '@koinon/ledger'
import type { PendingChanges } from '@koinon/subnets/pools'
import { bpsPercent } from './format/percent.ts'
import { utcTime } from './format/time.ts'

/** What holds from when on, and what to do about it. */
export function pendingFacts(
  netuid: number,
  { announced }: Pick<SubnetSummary, 'announced'>,
  { texts, parts }: PendingChanges,
): readonly (readonly [string, string])[] {
  const all = [
    ...(texts === undefined
      ? []
      : [['announced', `from ${utcTime(texts.fromSeconds)}: definition ${texts.specHash}`] as const]),
    ...(parts === undefined
      ? []
      : [
          [
            'announced',
            `from ${utcTime(parts.fromSeconds)}: owner ${bpsPercent(parts.ownerBps)}, miners ${bpsPercent(parts.minersBps)}, validators ${bpsPercent(parts.validatorsBps)} of the new alpha`,
          ] as const,
        ]),
  ]
  if (all.length === 0 && announced === undefined) return []
  return [...all, ['what it does', `koinon subnet what-if ${netuid}`]]
}

export function pendingJson({ texts, parts }: PendingChanges): Record<string, unknown> {
  return { texts: texts ?? null, parts: parts ?? null }
}
