/** What all jobs in escrow come to, however many there are, worked out by the database (specs/0024-jobs.md section 1). */
import { type SQL, sql } from 'drizzle-orm'
import type { IndexDatabase } from './database.ts'

/** In the order of a job's life: the last three are ends, of which a job has one. */
export const jobStepEvents = [
  'JobCreated',
  'JobFunded',
  'JobSubmitted',
  'JobCompleted',
  'JobRejected',
  'JobExpired',
] as const
/** Of what the events of a job say beside its steps. */
export const jobMoneyEvents = ['JobTermsSet', 'PaymentReleased', 'Refunded'] as const

/**
 * Jobs that are as far as `step`, the place of its event in {@link jobStepEvents}. `isInToken`: they are paid in the token that was asked
 * about. Sums are decimal strings of base units, and of no use where tokens differ.
 */
export type JobTotals = {
  readonly isInToken: boolean
  readonly step: number
  readonly jobs: number
  readonly funded: string
  readonly paid: string
  readonly refunded: string
}

/** Twelve rows at most. `token` is an address in lower case. */
export async function sumJobs(database: IndexDatabase, token: string): Promise<readonly JobTotals[]> {
  const rows = (await database.execute(statement(token))) as unknown
  const list = Array.isArray(rows) ? rows : (rows as { readonly rows: readonly unknown[] }).rows
  return (list as readonly Record<string, unknown>[]).map((row) => ({
    isInToken: row['is_in_token'] === true,
    step: Number(row['step']),
    jobs: Number(row['jobs']),
    funded: String(row['funded']),
    paid: String(row['paid']),
    refunded: String(row['refunded']),
  }))
}

function statement(token: string): SQL {
  const names = [...jobStepEvents, ...jobMoneyEvents]
  const amount = (name: string): SQL =>
    sql`coalesce(sum((args ->> 'amount')::numeric) filter (where name = ${name}), 0)`
  const step = sql.join(
    jobStepEvents.map((name, place) => sql`when ${name} then ${sql.raw(String(place))}`),
    sql` `,
  )
  return sql`
    with job as (
      select args ->> 'jobId' as id,
        coalesce(bool_or(args ->> 'token' = ${token}) filter (where name = 'JobTermsSet'), false) as is_in_token,
        coalesce(max(case name ${step} end), 0) as step,
        ${amount('JobFunded')} as funded, ${amount('PaymentReleased')} as paid, ${amount('Refunded')} as refunded
      from event
      where contract = 'jobs' and name in (${sql.join(
        names.map((name) => sql`${name}`),
        sql`, `,
      )})
      group by 1)
    select is_in_token, step, count(*)::text as jobs, sum(funded)::text as funded, sum(paid)::text as paid,
      sum(refunded)::text as refunded
    from job group by 1, 2 order by 1, 2`
}

type JobEvent = { readonly name: string; readonly args: Readonly<Record<string, unknown>> }

/** The same from the events themselves, for whoever has no database. */
export function sumJobEvents(events: readonly JobEvent[], token: string): readonly JobTotals[] {
  const jobs = new Map<string, { isInToken: boolean; step: number; funded: bigint; paid: bigint; refunded: bigint }>()
  for (const { name, args } of events) {
    const id = String(args['jobId'])
    const job = jobs.get(id) ?? { isInToken: false, step: 0, funded: 0n, paid: 0n, refunded: 0n }
    jobs.set(id, job)
    const amount = BigInt(String(args['amount'] ?? 0))
    if (name === 'JobTermsSet') job.isInToken = args['token'] === token
    if (name === 'JobFunded') job.funded += amount
    if (name === 'PaymentReleased') job.paid += amount
    if (name === 'Refunded') job.refunded += amount
    job.step = Math.max(job.step, (jobStepEvents as readonly string[]).indexOf(name))
  }
  const alike = Map.groupBy(jobs.values(), ({ isInToken, step }) => `${isInToken ? 1 : 0}${step}`)
  return [...alike]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, of]) => {
      const [{ isInToken, step }] = of as [(typeof of)[number]]
      const sum = (part: 'funded' | 'paid' | 'refunded') => `${of.reduce((total, job) => total + job[part], 0n)}`
      return { isInToken, step, jobs: of.length, funded: sum('funded'), paid: sum('paid'), refunded: sum('refunded') }
    })
}
