/** Bonds of disputes, by the rule and by what the evaluators hold (specs/0024-jobs.md section 4). */
import type { Address } from '@koinon/base'
import { type AuditSource, eventsOf, type Tally, viewOf } from '@koinon/ledger/audit'
import { disputeBond } from '../../rules/job.ts'
import type { AuditedJob } from './audited-job.ts'

export type BondEvent = ReturnType<typeof bondEvents>[number]
export function bondEvents(source: AuditSource) {
  return eventsOf(source, 'quorum', 'VerdictRecorded', 'Disputed', 'BondPaid', 'Settled')
}

/** What the validators of a job have said, and the bond that lies with them. */
export type Dispute = {
  readonly evaluator: Address
  readonly client: Address
  readonly token: Address
  /** Of the first round. */
  readonly isAccepted: boolean
  isOverturned: boolean
  isSettled: boolean
  /** From here on the verdict stands. */
  finalAt: number
  disputer: Address | undefined
  bond: bigint
  /** Zero once it was paid out. */
  held: bigint
}

/** Holds one event of an evaluator against what came before it. Events of jobs that name another evaluator differ at once. */
export function applyBond(
  disputes: Map<bigint, Dispute>,
  jobs: ReadonlyMap<bigint, AuditedJob>,
  event: BondEvent,
  tally: Tally,
): void {
  const { jobId, evaluator } = event.args
  const subject = `of job ${jobId} in block ${event.block}`
  const job = jobs.get(jobId)
  const dispute = disputes.get(jobId)
  const about = job === undefined ? {} : { account: job.client }
  if (job === undefined || job.evaluator !== evaluator) {
    tally.same(about, `evaluator ${subject}`, job?.evaluator ?? 'a job that was opened', evaluator)
    return
  }
  if (event.name === 'VerdictRecorded') {
    const { accepted, round, finalAt } = event.args
    const isInPlace = round === 0 ? dispute === undefined : dispute?.disputer !== undefined && !dispute.isSettled
    tally.holds(about, `round ${round} ${subject}`, isInPlace, 'the one that is asked for', `round ${round}`)
    if (dispute !== undefined) dispute.isOverturned = accepted !== dispute.isAccepted
    else
      disputes.set(jobId, {
        ...{ evaluator, client: job.client, token: job.token, isAccepted: accepted, finalAt: Number(finalAt) },
        ...{ isOverturned: false, isSettled: false, disputer: undefined, bond: 0n, held: 0n },
      })
    return
  }
  if (dispute === undefined) {
    tally.holds(about, `verdict ${subject}`, false, `before ${event.name}`, 'none')
    return
  }
  const other = dispute.disputer === job.client ? job.provider : job.client
  switch (event.name) {
    case 'Disputed': {
      const { disputer, bond, decidedBy } = event.args
      tally.same(about, `who may dispute ${subject}`, dispute.isAccepted ? job.client : job.provider, disputer)
      tally.same(about, `bond ${subject}`, disputeBond(job.budget), bond)
      const isOpen = dispute.disputer === undefined && !dispute.isSettled && event.seconds < dispute.finalAt
      tally.holds(about, `time of the dispute ${subject}`, isOpen, `once, before ${dispute.finalAt}`, event.seconds)
      dispute.disputer = disputer
      dispute.bond = bond
      dispute.held += bond
      dispute.finalAt = Number(decidedBy)
      return
    }
    case 'Settled':
      tally.same(about, `what is settled ${subject}`, dispute.isAccepted !== dispute.isOverturned, event.args.accepted)
      tally.holds(about, `settling ${subject}`, !dispute.isSettled, 'once', 'again')
      dispute.isSettled = true
      return
    case 'BondPaid': {
      // Without a settlement the job ended otherwise: nobody was right, and the bond is the disputer's again.
      const isDisputers = !dispute.isSettled || dispute.isOverturned
      tally.same(
        about,
        `who gets the bond ${subject}`,
        (isDisputers ? dispute.disputer : other) ?? 'nobody',
        event.args.to,
      )
      tally.same(about, `amount of the bond ${subject}`, dispute.held, event.args.amount)
      const isOver = dispute.isSettled || event.seconds >= job.expiredAt || job.status !== 'submitted'
      tally.holds(about, `time of the bond ${subject}`, isOver, 'once the job is settled or over', event.seconds)
      dispute.held -= event.args.amount
    }
  }
}

/** Bonds of settled jobs are all paid, and each evaluator holds the others. */
export async function tallyBonds(
  source: AuditSource,
  disputes: ReadonlyMap<bigint, Dispute>,
  tally: Tally,
): Promise<void> {
  const held = new Map<Address, bigint>()
  for (const [jobId, { bond, client, evaluator, held: left, isSettled, token }] of disputes) {
    if (bond === 0n) continue
    if (isSettled) tally.same({ account: client }, `bond left of job ${jobId}, which is settled`, 0n, left)
    if (token === source.network.contracts.dollar) held.set(evaluator, (held.get(evaluator) ?? 0n) + left)
    else tally.open({ account: client }, `bond held for job ${jobId}`, 'it is not of the token that users pay with')
  }
  for (const [evaluator, amount] of held) {
    const what = `dollars held for disputes by ${evaluator}`
    const balance = await viewOf(source, 'dollar', 'balanceOf', [evaluator])
    if ('problem' in balance) tally.open({}, what, balance.problem)
    // Anybody may send it more.
    else tally.holds({}, what, balance.value >= amount, `at least ${amount}`, balance.value)
  }
}
