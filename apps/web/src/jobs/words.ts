import type { JobAuctionJson, JobDetailJson, JobRowJson, JobStepJson, JobStepName } from '@koinon/work/dashboard'
import { formatDollarExact, readAmount } from '../format/money.ts'
import { shortHex } from '../format/text.ts'

export const jobBadges: Readonly<Record<JobRowJson['state'], string>> = {
  open: 'badge-warn',
  funded: 'badge-warn',
  submitted: 'badge-warn',
  completed: 'badge-pass',
  rejected: 'badge-fail',
  expired: 'badge-fail',
}

/** An amount of a job, exactly: dollars, or base units of another token. */
export function amountText({ token }: Pick<JobRowJson, 'token'>, atomic: string): string {
  const amount = readAmount(atomic) ?? 0n
  return token === undefined ? formatDollarExact(amount) : `${amount} units of ${shortHex(token)}`
}

export type LifeStage = {
  readonly name: string
  readonly state: 'done' | 'now' | 'ahead' | 'left'
  readonly step?: JobStepJson
  /** What it waits for, or what did not happen. */
  readonly note: string
}

const ends: Readonly<Record<string, { readonly name: string; readonly step: JobStepName }>> = {
  completed: { name: 'Accepted', step: 'completed' },
  rejected: { name: 'Rejected', step: 'rejected' },
  expired: { name: 'Expired', step: 'expired' },
}

/** The life of a job in four stages: what was done, where it stands, what is ahead or was never reached. */
export function lifeOf({
  state,
  isOverdue,
  steps,
}: Pick<JobDetailJson, 'state' | 'isOverdue' | 'steps'>): readonly LifeStage[] {
  const last = (name: JobStepName): JobStepJson | undefined => steps.findLast((step) => step.name === name)
  const end = ends[state]
  const isOver = end !== undefined
  const stage = (name: string, step: JobStepName, isNext: boolean, note: string): LifeStage => {
    const found = last(step)
    if (found !== undefined) return { name, state: 'done', step: found, note: '' }
    return { name, state: isOver ? 'left' : isNext ? 'now' : 'ahead', note: isOver ? 'never reached' : note }
  }
  const judged = isOverdue ? 'its time is over: anybody can send the escrow back' : 'the evaluator is to judge'
  const found = end === undefined ? undefined : last(end.step)
  return [
    stage('Opened', 'opened', false, ''),
    stage('In escrow', 'funded', state === 'open', 'the client is to take a quote'),
    stage('Handed in', 'submitted', state === 'funded', isOverdue ? judged : 'the provider is to work'),
    end === undefined
      ? {
          name: 'Judged',
          state: state === 'submitted' ? 'now' : 'ahead',
          note: state === 'submitted' ? judged : 'then paid or sent back',
        }
      : { name: end.name, state: 'done', ...(found === undefined ? {} : { step: found }), note: '' },
  ]
}

export type JobAction = {
  readonly step: 'accept' | 'reject' | 'refund' | 'dispute'
  readonly name: string
  readonly question: string
  readonly isDanger: boolean
}

/** What an account may do with a job now. The ledger decides; this only says what to offer. */
export function actionsFor(job: JobDetailJson, account: string, nowMs: number): readonly JobAction[] {
  const { state, isOverdue, client, provider, evaluator, judgement } = job
  const price = amountText(job, job.budgetAtomic)
  const is = (who: string | undefined): boolean => who?.toLowerCase() === account.toLowerCase()
  const actions: JobAction[] = []
  if (is(evaluator) && state === 'submitted' && !isOverdue)
    actions.push({
      step: 'accept',
      name: 'Accept the work',
      question: `Pay ${price} to the provider, for good?`,
      isDanger: false,
    })
  if (is(evaluator) && (state === 'funded' || state === 'submitted') && !isOverdue)
    actions.push({
      step: 'reject',
      name: 'Reject it',
      question: `Send ${price} back to the client, for good?`,
      isDanger: true,
    })
  if (is(client) && state === 'open')
    actions.push({
      step: 'reject',
      name: 'Close the job',
      question: 'Nothing is in escrow. It cannot be opened again.',
      isDanger: true,
    })
  if (isOverdue)
    actions.push({
      step: 'refund',
      name: 'Send the escrow back',
      question: `Send ${price} back to the client?`,
      isDanger: false,
    })
  const isLosing = judgement !== undefined && is(judgement.isAccepted ? client : provider)
  if (isLosing && judgement.finalAtMs > nowMs && judgement.disputedAtMs === 0 && !judgement.isSettled)
    actions.push({
      ...{ step: 'dispute', name: 'Dispute the verdict', isDanger: true },
      question: `Put up a bond of a tenth of the price, ${amountText(job, judgement.disputeBondAtomic)}? It is lost if the verdict stands.`,
    })
  return actions
}

/** How somebody else may still come to an open job: by an offer, by a bid, or not any more. */
export function offerWords(jobId: string, phase: JobAuctionJson['phase'] | undefined): string {
  if (phase === 'over') return 'Its auction is over: its client takes the bid that has won.'
  if (phase === 'revealing')
    return `No more bids come in. To show a bid that you sealed: \`koinon job bid ${jobId} --reveal\``
  return `To offer your work: \`koinon job bid ${jobId} --price DOLLARS\``
}
