/** `GET /api/jobs` and `/api/jobs/{id}`: jobs as the ledger has them now, their sums and their life from the index. */
import { type JobRecord, jobsOf, readJob } from '@koinon/agents/client'
import { type JobStatus, jobStatuses, workOfJob } from '@koinon/agents/rules'
import { type Clock, zeroAddress } from '@koinon/base'
import type { LedgerView } from '@koinon/ledger'
import { jobsAbi } from '@koinon/ledger/abis'
import { type JobTotals, jobStepEvents } from '@koinon/ledger/indexer'
import type { JobRowJson, JobsJson, JobTotalsJson } from '@koinon/work/dashboard'
import type { IndexClient } from '../index-client.ts'
import { shownLine } from '../strangers-text.ts'

export type JobViewSources = { readonly view: LedgerView; readonly index: IndexClient; readonly clock: Clock }

const titleCharacters = 200
const mostListed = 100

export type JobViews = ReturnType<typeof createJobViews>

/** All throw `agents/no-jobs`, and what the index and the ledger throw. */
export function createJobViews(sources: JobViewSources) {
  const { view, index, clock } = sources
  const { network, reader } = view

  const rows = async (jobIds: readonly bigint[]): Promise<readonly JobRowJson[]> => {
    const [jobs, nowSeconds] = await Promise.all([
      Promise.all(jobIds.map((jobId) => readJob(view, jobId))),
      ledgerSeconds(view, clock),
    ])
    return jobs.map((job) => jobRowJson(job, network.contracts.dollar, nowSeconds))
  }

  return {
    /** The newest jobs, or those before one. */
    async list(limit: number, before?: bigint): Promise<JobsJson> {
      const on = { address: jobsOf(network), abi: jobsAbi } as const
      const [{ asOfBlock, result }, count] = await Promise.all([
        index.jobs(network.contracts.dollar),
        reader.readContract({ ...on, functionName: 'jobCount' }),
      ])
      const last = before === undefined || before > count ? count : before - 1n
      const most = Math.min(limit, mostListed, Number(last))
      const jobs = await rows(Array.from({ length: most }, (_, place) => last - BigInt(place)))
      return { asOfBlock, asOfMs: clock.nowMs(), total: Number(count), totals: jobTotalsJson(result), jobs }
    },
    /** Jobs in which one of the accounts is client, provider or evaluator, newest first. None on a network without jobs. */
    async ofAccounts(accounts: readonly string[], limit: number): Promise<readonly JobRowJson[]> {
      if (network.contracts.jobs === undefined) return []
      const newest = { contract: 'jobs', order: 'newest', limit } as const
      const found = await Promise.all(
        accounts.flatMap((account) => [
          index.events({ ...newest, names: ['JobCreated'], where: { client: account } }),
          index.events({ ...newest, names: ['JobCreated'], where: { evaluator: account } }),
          index.events({ ...newest, names: ['JobCreated', 'ProviderSet'], where: { provider: account } }),
        ]),
      )
      const jobIds = new Set(found.flatMap(({ result }) => result.map(({ args }) => BigInt(String(args['jobId'])))))
      return rows([...jobIds].sort((a, b) => (a > b ? -1 : 1)).slice(0, limit))
    },
  }
}

/** The ledger's clock: not behind the machine's, because its next block is not. */
export async function ledgerSeconds({ reader }: LedgerView, clock: Clock): Promise<number> {
  const { timestamp } = await reader.getBlock({ blockTag: 'latest' })
  return Math.max(Number(timestamp), Math.floor(clock.nowMs() / 1_000))
}

export function jobRowJson(job: JobRecord, dollar: string, nowSeconds: number): JobRowJson {
  const isHeld = job.status === 'funded' || job.status === 'submitted'
  return {
    jobId: `${job.jobId}`,
    title: shownLine(workOfJob(job.description), titleCharacters),
    state: job.status,
    isOverdue: isHeld && nowSeconds >= job.expiredAtSeconds,
    budgetAtomic: `${job.budgetAtomic}`,
    ...(job.token === dollar ? {} : { token: job.token }),
    client: job.client,
    ...(job.provider === zeroAddress ? {} : { provider: job.provider }),
    evaluator: job.evaluator,
    endsAtMs: job.expiredAtSeconds * 1_000,
  }
}

/** What came in and has not gone out is in escrow. */
export function jobTotalsJson(totals: readonly JobTotals[]): JobTotalsJson {
  const own = totals.filter(({ isInToken }) => isInToken)
  const sum = (part: 'funded' | 'paid' | 'refunded'): bigint => own.reduce((all, row) => all + BigInt(row[part]), 0n)
  const [funded, paid, refunded] = [sum('funded'), sum('paid'), sum('refunded')]
  const counts = jobStepEvents.map((_, step) => own.find((row) => row.step === step)?.jobs ?? 0)
  return {
    inEscrowAtomic: `${funded - paid - refunded}`,
    paidAtomic: `${paid}`,
    refundedAtomic: `${refunded}`,
    byState: Object.fromEntries(jobStatuses.map((status, step) => [status, counts[step] ?? 0])) as Record<
      JobStatus,
      number
    >,
    otherTokens: totals.filter(({ isInToken }) => !isInToken).reduce((all, { jobs }) => all + jobs, 0),
  }
}
