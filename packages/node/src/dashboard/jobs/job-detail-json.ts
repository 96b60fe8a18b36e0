/** `GET /api/jobs/{id}`: one job with everything that happened to it, and the transactions in which it did. */
import { type JobRecord, jobsOf, readJob } from '@koinon/agents/client'
import { jobsDomain, parseJobAuction, textOfJob } from '@koinon/agents/rules'
import { quorumEvaluatorJudgement } from '@koinon/agents/verifier'
import { zeroAddress, zeroHash } from '@koinon/base'
import type { IndexedEvent } from '@koinon/ledger/indexer'
import type { JobDetailJson, JobStepName } from '@koinon/work/dashboard'
import { Allowance } from '../allowance.ts'
import { shownText } from '../strangers-text.ts'
import { evaluatorOf, judgementJson, type PlacedStep, readJudging } from './job-judging-json.ts'
import { type JobViewSources, jobRowJson, ledgerSeconds } from './jobs-json.ts'

const descriptionCharacters = 2_048

/**
 * Of one job. Named and priced again and again costs its client gas: beyond `events` only the newest are told. `pages` of the evaluator's logs,
 * and `votes` that are told one by one.
 */
export const detailBounds = { events: 100, pages: 1_000, votes: 512 }

const steps: Readonly<Record<string, { readonly name: JobStepName; readonly account?: string }>> = {
  JobCreated: { name: 'opened', account: 'client' },
  ProviderSet: { name: 'providerNamed', account: 'provider' },
  BudgetSet: { name: 'priceSet' },
  QuoteTaken: { name: 'quoteTaken', account: 'provider' },
  JobFunded: { name: 'funded', account: 'client' },
  JobSubmitted: { name: 'submitted', account: 'provider' },
  JobCompleted: { name: 'completed', account: 'evaluator' },
  JobRejected: { name: 'rejected', account: 'rejector' },
  JobExpired: { name: 'expired' },
  PaymentReleased: { name: 'paid', account: 'provider' },
  Refunded: { name: 'refunded', account: 'client' },
}

/** Throws `agents/no-job`, `agents/no-jobs`, and what the index and the ledger throw. */
export async function jobDetail(sources: JobViewSources, jobId: bigint, bounds = detailBounds): Promise<JobDetailJson> {
  const { view, index, clock } = sources
  const job = await readJob(view, jobId)
  const where = { jobId: `${jobId}` }
  const [{ asOfBlock, result }, judgement, nowSeconds] = await Promise.all([
    index.events({ contract: 'jobs', names: Object.keys(steps), where, order: 'newest', limit: bounds.events + 1 }),
    quorumEvaluatorJudgement(view, job),
    ledgerSeconds(view, clock),
  ])
  const events = result.slice(0, bounds.events).toReversed()
  const submitted = events.find(({ name }) => name === 'JobSubmitted')
  const allowed = { pages: new Allowance(bounds.pages), votes: new Allowance(bounds.votes) }
  const [judgedBy, judged] = await Promise.all([
    evaluatorOf(sources, job, judgement),
    judgement === undefined || submitted === undefined ? [] : readJudging(sources, job, submitted.blockNumber, allowed),
  ])
  const told = [...events.map(stepOf), ...judged]
  const isCut = result.length > bounds.events || allowed.pages.isExceeded || allowed.votes.isExceeded
  return {
    ...jobRowJson(job, view.network.contracts.dollar, nowSeconds),
    ...{ asOfBlock, asOfMs: clock.nowMs(), isCut, termsHash: job.termsHash, judgedBy },
    description: shownText(wordsOf(sources, job), descriptionCharacters),
    ...(job.hook === zeroAddress ? {} : { hook: job.hook }),
    ...(job.submittedAtSeconds === 0 ? {} : { submittedAtMs: job.submittedAtSeconds * 1_000 }),
    ...(job.deliverable === zeroHash ? {} : { deliverable: job.deliverable }),
    ...(judgement === undefined ? {} : { judgement: judgementJson(judgement, job) }),
    steps: told.toSorted((a, b) => a.block - b.block || a.place - b.place).map(({ step }) => step),
  }
}

/** Without the rule of an auction that is held: bids tell it in words. */
function wordsOf({ view }: JobViewSources, job: JobRecord): string {
  const text = textOfJob(job.description)
  const isHeld = parseJobAuction(jobsDomain(view.network.chainId, jobsOf(view.network)), job) !== undefined
  return isHeld ? text.replace(/(?:^|\n)auction: [^\n]*((?:\ntree: [^\n]*)?(?:\ncheck: [^\n]*)?)$/, '$1') : text
}

function stepOf(
  { name, args, blockNumber, timestampSeconds, transactionHash }: IndexedEvent,
  place: number,
): PlacedStep {
  const { name: step, account } = steps[name] as (typeof steps)[string]
  const amount = args['amount']
  return {
    ...{ block: blockNumber, place },
    step: {
      ...{ name: step, atMs: timestampSeconds * 1_000, transactionHash },
      ...(account === undefined ? {} : { account: String(args[account]) }),
      ...(amount === undefined ? {} : { amountAtomic: String(amount) }),
    },
  }
}
