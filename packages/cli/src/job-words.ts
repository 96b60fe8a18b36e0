/** Jobs in words for people, and in plain JSON. */
import type { JobRecord } from '@koinon/agents/client'
import { parseJobCheck, workOfJob } from '@koinon/agents/rules'
import type { JobJudgement } from '@koinon/agents/verifier'
import { dollarDecimals, formatUnits, zeroAddress, zeroHash } from '@koinon/base'
import type { SignedQuote } from '@koinon/work'
import { type JobStepJson, type JobTotalsJson, jobStateWords, jobStepWords } from '@koinon/work/dashboard'
import { utcTime } from './format/time.ts'
import { table } from './table.ts'

export function dollars(amountAtomic: bigint): string {
  return `${formatUnits(amountAtomic, dollarDecimals)} dollars`
}

/** The words of what is wanted on one line, without the lines for programs. */
export function titleOf({ description }: Pick<JobRecord, 'description'>): string {
  return workOfJob(description).replaceAll(/\s*\n\s*/g, ' ')
}

/** An amount in the job's own token: base units where it is not the network's dollar. */
export function priceOf({ token, budgetAtomic }: JobRecord, dollar: string): string {
  return token === dollar ? dollars(budgetAtomic) : `${budgetAtomic} base units of ${token}`
}

/** `ceilingAtomic` is the most that its client would pay, as far as it is told. */
export function jobFacts(
  job: JobRecord,
  dollar: string,
  nowSeconds: number,
  ceilingAtomic?: bigint,
): readonly (readonly [string, string])[] {
  const isOver = nowSeconds >= job.expiredAtSeconds
  const check = parseJobCheck(job.description)
  return [
    ['job', `${job.jobId}`],
    ['work', titleOf(job)],
    ...(check === undefined ? [] : [['check', `${check.name} ${check.argument}`.trim()] as const]),
    ['status', statusOf(job, isOver)],
    ['price', job.budgetAtomic === 0n ? ceilingOf(job, dollar, ceilingAtomic) : priceOf(job, dollar)],
    ['client', job.client],
    ['provider', job.provider === zeroAddress ? 'none yet' : job.provider],
    ['evaluator', job.evaluator === job.client ? `${job.evaluator}, the client itself` : job.evaluator],
    ...(job.hook === zeroAddress ? [] : [['hook', `${job.hook}, which may stop every step but the refund`] as const]),
    ['ends', utcTime(job.expiredAtSeconds)],
    ...(job.deliverable === zeroHash ? [] : [['delivered', `SHA-256 ${job.deliverable}`] as const]),
  ]
}

function ceilingOf(job: JobRecord, dollar: string, ceilingAtomic: bigint | undefined): string {
  return ceilingAtomic === undefined ? 'not set' : `at most ${priceOf({ ...job, budgetAtomic: ceilingAtomic }, dollar)}`
}

export function judgementFacts({
  accepted,
  disputedAtSeconds,
  finalAtSeconds,
  isSettled,
}: JobJudgement): readonly (readonly [string, string])[] {
  if (finalAtSeconds === 0) return [['verdict', 'none yet']]
  const word = accepted ? 'accepted' : 'rejected'
  const rest = isSettled
    ? 'settled'
    : disputedAtSeconds === 0
      ? `can be disputed until ${utcTime(finalAtSeconds)}`
      : `disputed, decided again until ${utcTime(finalAtSeconds)}`
  return [['verdict', `${word}, ${rest}`]]
}

export function jobJson(job: JobRecord): Record<string, unknown> {
  return { ...job, jobId: `${job.jobId}`, budgetAtomic: `${job.budgetAtomic}`, title: titleOf(job) }
}

/** What is wanted of whom, and the command where it is anybody's. */
function statusOf({ jobId, status }: JobRecord, isOver: boolean): string {
  const isOverdue = isOver && (status === 'funded' || status === 'submitted')
  const words = jobStateWords({ state: status, isOverdue })
  return isOverdue ? `${words} (koinon job refund ${jobId})` : words
}

/** Sums over all jobs in the network's dollar. */
export function totalFacts(totals: JobTotalsJson): readonly (readonly [string, string])[] {
  const states = Object.entries(totals.byState).flatMap(([state, count]) => (count === 0 ? [] : [`${count} ${state}`]))
  return [
    ['in escrow', dollars(BigInt(totals.inEscrowAtomic))],
    ['paid out', dollars(BigInt(totals.paidAtomic))],
    ['sent back', dollars(BigInt(totals.refundedAtomic))],
    ['jobs', states.join(', ')],
    ...(totals.otherTokens === 0 ? [] : [['other tokens', `${totals.otherTokens} jobs`] as const]),
  ]
}

/** What happened, oldest first, with the transactions. */
export function stepsText(steps: readonly JobStepJson[]): string {
  const rows = steps.map(({ name, atMs, account, transactionHash, verdict }) => [
    utcTime(atMs / 1_000),
    verdict === undefined
      ? jobStepWords[name]
      : `${jobStepWords[name]}: ${verdict.isAccepted ? 'accepted' : 'rejected'}, round ${verdict.round + 1}`,
    account ?? '',
    transactionHash,
  ])
  return table(['when', 'what', 'who', 'transaction'], rows)
}

export function quoteLine({ priceAtomic, provider, deadlineSeconds }: SignedQuote): readonly string[] {
  return [dollars(priceAtomic), provider, utcTime(deadlineSeconds)]
}
