/** `GET /api/jobs/{id}/tree`: a job with those that it was part of and those that were hired for it (specs/0024-jobs.md section 8). */
import { type JobRecord, readJob } from '@koinon/agents/client'
import { parseTreeLine } from '@koinon/agents/rules'
import { quorumEvaluatorJudgement } from '@koinon/agents/verifier'
import { type Address, zeroAddress } from '@koinon/base'
import type { JobTreeJson, JobTreeNodeJson } from '@koinon/work/dashboard'
import { Allowance } from '../allowance.ts'
import { evaluatorOf, type JudgingAllowance, judgementJson, readJudging } from './job-judging-json.ts'
import { type JobViewSources, jobRowJson, ledgerSeconds } from './jobs-json.ts'

const mostJobs = 64
/** Told, the topmost included. */
const mostLevels = 8
/** Of one client, the newest. */
const mostOfClient = 200

/** What one tree may take together: jobs read, pages of logs, votes told. */
export const treeBounds = { reads: 1_000, pages: 400, votes: 512 }

/** Throws `agents/no-job`, `agents/no-jobs`, and what the index and the ledger throw. */
export async function jobTree(sources: JobViewSources, jobId: bigint, bounds = treeBounds): Promise<JobTreeJson> {
  const { view, index, clock } = sources
  const reads = new Allowance(bounds.reads)
  reads.take(1)
  const finder = new TreeFinder(sources, reads)
  const top = await finder.topOf(await readJob(view, jobId))
  const { found, isCut } = await finder.below(top)
  const [{ asOfBlock }, nowSeconds] = await Promise.all([index.position(), ledgerSeconds(view, clock)])
  const allowed = { pages: new Allowance(bounds.pages), votes: new Allowance(bounds.votes) }
  const jobs = await Promise.all(
    found.map(({ job, parentJobId }) => nodeOf(sources, job, parentJobId, nowSeconds, allowed)),
  )
  const isShort = isCut || allowed.pages.isExceeded || allowed.votes.isExceeded
  return { asOfBlock, asOfMs: clock.nowMs(), jobId: `${jobId}`, isCut: isShort, jobs }
}

type Found = { readonly job: JobRecord; readonly parentJobId: bigint | undefined }

/** Looks up and down; each client's jobs are read once. */
class TreeFinder {
  readonly #sources: JobViewSources
  readonly #ofClient = new Map<Address, Promise<readonly JobRecord[]>>()
  readonly #reads: Allowance
  #isCut = false

  constructor(sources: JobViewSources, reads: Allowance) {
    this.#sources = sources
    this.#reads = reads
  }

  /** The jobs of the topmost client: one, or all of its tree. */
  async topOf(job: JobRecord): Promise<readonly JobRecord[]> {
    let top = job
    for (let levels = 1; ; levels++) {
      const parent = await this.#parentOf(top)
      if (parent === undefined) break
      if (levels === mostLevels) {
        this.#isCut = true
        return [top]
      }
      top = parent
    }
    const place = parseTreeLine(top.description)
    if (place === undefined) return [top]
    const all = await this.#jobsOf(top.client)
    const alike = await Promise.all(
      all.map(async (other) => {
        const its = parseTreeLine(other.description)
        if (its?.tree !== place.tree || its.underJobId !== place.underJobId) return undefined
        return other
      }),
    )
    const siblings = alike.filter((other) => other !== undefined)
    return siblings.some(({ jobId }) => jobId === top.jobId) ? siblings : [top, ...siblings]
  }

  /** All of them, parents before their children. */
  async below(top: readonly JobRecord[]): Promise<{ readonly found: readonly Found[]; readonly isCut: boolean }> {
    const found = new Map<bigint, Found>()
    let level: readonly Found[] = top.map((job) => ({ job, parentJobId: undefined }))
    for (let levels = 1; level.length > 0; levels++) {
      const fresh = level.filter(({ job }) => !found.has(job.jobId))
      for (const one of fresh.slice(0, mostJobs - found.size)) found.set(one.job.jobId, one)
      if (fresh.some(({ job }) => !found.has(job.jobId))) {
        this.#isCut = true
        break
      }
      const next = (await Promise.all(fresh.map(({ job }) => this.#childrenOf(job)))).flat()
      if (next.length > 0 && levels >= mostLevels) {
        this.#isCut = true
        break
      }
      level = next
    }
    return { found: [...found.values()], isCut: this.#isCut || this.#reads.isExceeded }
  }

  async #parentOf(job: JobRecord): Promise<JobRecord | undefined> {
    const under = parseTreeLine(job.description)?.underJobId
    if (under === undefined || under >= job.jobId || !this.#reads.takeAll(1)) return undefined
    const parent = await readJob(this.#sources.view, under)
    return parent.provider === job.client ? parent : undefined
  }

  async #childrenOf({ jobId, provider }: JobRecord): Promise<readonly Found[]> {
    if (provider === zeroAddress) return []
    const jobs = await this.#jobsOf(provider)
    return jobs
      .filter((child) => child.jobId > jobId && parseTreeLine(child.description)?.underJobId === jobId)
      .map((job) => ({ job, parentJobId: jobId }))
  }

  /** Oldest first. */
  #jobsOf(client: Address): Promise<readonly JobRecord[]> {
    const known = this.#ofClient.get(client)
    if (known !== undefined) return known
    const reading = this.#readJobsOf(client)
    this.#ofClient.set(client, reading)
    return reading
  }

  async #readJobsOf(client: Address): Promise<readonly JobRecord[]> {
    const { index, view } = this.#sources
    const { result } = await index.events({
      ...{ contract: 'jobs', names: ['JobCreated'], where: { client }, order: 'newest', limit: mostOfClient + 1 },
    })
    if (result.length > mostOfClient) this.#isCut = true
    const wished = Math.min(result.length, mostOfClient)
    const jobIds = result.slice(0, this.#reads.take(wished)).map(({ args }) => BigInt(String(args['jobId'])))
    return Promise.all(jobIds.reverse().map((jobId) => readJob(view, jobId)))
  }
}

async function nodeOf(
  sources: JobViewSources,
  job: JobRecord,
  parentJobId: bigint | undefined,
  nowSeconds: number,
  allowed: JudgingAllowance,
): Promise<JobTreeNodeJson> {
  const { view } = sources
  const place = parseTreeLine(job.description)
  const judgement = await quorumEvaluatorJudgement(view, job)
  const [money, judgedBy, verdicts] = await Promise.all([
    moneyOf(sources, job),
    evaluatorOf(sources, job, judgement),
    judgement === undefined || judgement.finalAtSeconds === 0 ? [] : verdictsOf(sources, job, allowed),
  ])
  return {
    ...jobRowJson(job, view.network.contracts.dollar, nowSeconds),
    ...money,
    ...{ judgedBy, verdicts },
    ...(parentJobId === undefined ? {} : { parentJobId: `${parentJobId}` }),
    ...(place === undefined ? {} : { tree: place.tree, task: place.task }),
    ...(judgement === undefined ? {} : { judgement: judgementJson(judgement, job) }),
  }
}

/** The escrow takes no fee: what was funded is held, paid or sent back, whole. */
async function moneyOf(
  { index }: JobViewSources,
  { jobId, status, budgetAtomic }: JobRecord,
): Promise<Pick<JobTreeNodeJson, 'heldAtomic' | 'paidAtomic' | 'refundedAtomic'>> {
  const isHeld = status === 'funded' || status === 'submitted'
  // An open job can be rejected too: then nothing went back.
  const isRefunded =
    status === 'expired' ||
    (status === 'rejected' &&
      (await index.events({ contract: 'jobs', names: ['Refunded'], where: { jobId: `${jobId}` }, limit: 1 })).result
        .length > 0)
  const amount = (isThere: boolean): string => (isThere ? `${budgetAtomic}` : '0')
  return { heldAtomic: amount(isHeld), paidAtomic: amount(status === 'completed'), refundedAtomic: amount(isRefunded) }
}

async function verdictsOf(
  sources: JobViewSources,
  job: JobRecord,
  allowed: JudgingAllowance,
): Promise<JobTreeNodeJson['verdicts']> {
  const where = { jobId: `${job.jobId}` }
  const { result } = await sources.index.events({ contract: 'jobs', names: ['JobSubmitted'], where, limit: 1 })
  const [submitted] = result
  if (submitted === undefined) return []
  const steps = await readJudging(sources, job, submitted.blockNumber, allowed)
  return steps.flatMap(({ step }) => step.verdict ?? [])
}
