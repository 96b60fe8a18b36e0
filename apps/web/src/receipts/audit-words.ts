import type { AuditJson, SubnetJson } from '@koinon/work/dashboard'

/** What validators said of a receipt, for people: who, in which epoch, how it ended. Undefined when none of them looked. */
export function auditSentence(
  audits: readonly AuditJson[] | undefined,
  nameOfValidator: (uid: number) => string,
): string | undefined {
  if (audits === undefined || audits.length === 0) return undefined
  const groups = new Map<string, string[]>()
  for (const { validatorUid, epoch, state } of audits) {
    const outcome = `epoch ${epoch}: ${outcomeWords[state] ?? state}`
    groups.set(outcome, [...(groups.get(outcome) ?? []), nameOfValidator(validatorUid)])
  }
  return [...groups].map(([outcome, names]) => `${names.sort().join(' and ')}, ${outcome}`).join('; ')
}

/** Why no validator has looked: it is too early, or the beacon drew other receipts of that epoch. */
export function whyUnaudited(atMs: number, subnet: SubnetJson | undefined): 'tooEarly' | 'notDrawn' {
  if (subnet === undefined) return 'tooEarly'
  const lastJudgedEndsAtMs = (subnet.epochStartedAtSeconds - subnet.epochSeconds) * 1000
  return atMs < lastJudgedEndsAtMs ? 'notDrawn' : 'tooEarly'
}

const outcomeWords: Readonly<Record<string, string>> = {
  pass: 'no check failed',
  fail: 'a check failed',
  notChecked: 'could not be checked',
}
