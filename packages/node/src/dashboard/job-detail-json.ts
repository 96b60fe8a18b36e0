/** `GET /api/jobs/{id}`: one job with everything that happened to it, and the transactions in which it did. */
import { type JobRecord, readJob } from '@koinon/agents/client'
import { textOfJob } from '@koinon/agents/rules'
import { type JobJudgement, quorumEvaluatorJudgement, quorumEvaluatorOf } from '@koinon/agents/verifier'
import { type Address, zeroAddress, zeroHash } from '@koinon/base'
import { LogPager, listSubnets } from '@koinon/ledger'
import { quorumEvaluatorAbi } from '@koinon/ledger/abis'
import type { IndexedEvent } from '@koinon/ledger/indexer'
import type { JobDetailJson, JobEvaluatorJson, JobStepJson, JobStepName, JudgementJson } from '@koinon/work/dashboard'
import type { GetLogsReturnType } from 'viem'
import { type JobViewSources, jobRowJson, ledgerSeconds } from './jobs-json.ts'
import { shownText } from './strangers-text.ts'

const descriptionCharacters = 2_048
/** Named and priced again and again costs its client gas; beyond this only the newest are told. */
const mostEvents = 100

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
export async function jobDetail(sources: JobViewSources, jobId: bigint): Promise<JobDetailJson> {
  const { view, index, clock } = sources
  const job = await readJob(view, jobId)
  const where = { jobId: `${jobId}` }
  const [{ asOfBlock, result }, judgement, nowSeconds] = await Promise.all([
    index.events({ contract: 'jobs', names: Object.keys(steps), where, order: 'newest', limit: mostEvents }),
    quorumEvaluatorJudgement(view, job),
    ledgerSeconds(view, clock),
  ])
  const events = result.toReversed()
  const submitted = events.find(({ name }) => name === 'JobSubmitted')
  const [judgedBy, judged] = await Promise.all([
    evaluatorOf(sources, job, judgement),
    judgement === undefined || submitted === undefined ? [] : readJudging(sources, job, submitted),
  ])
  const told = [...events.map(stepOf), ...judged]
  return {
    ...jobRowJson(job, view.network.contracts.dollar, nowSeconds),
    ...{ asOfBlock, asOfMs: clock.nowMs(), termsHash: job.termsHash, judgedBy },
    description: shownText(textOfJob(job.description), descriptionCharacters),
    ...(job.hook === zeroAddress ? {} : { hook: job.hook }),
    ...(job.submittedAtSeconds === 0 ? {} : { submittedAtMs: job.submittedAtSeconds * 1_000 }),
    ...(job.deliverable === zeroHash ? {} : { deliverable: job.deliverable }),
    ...(judgement === undefined ? {} : { judgement: judgementJson(judgement) }),
    steps: told.toSorted((a, b) => a.block - b.block || a.place - b.place).map(({ step }) => step),
  }
}

type Placed = { readonly block: number; readonly place: number; readonly step: JobStepJson }

function stepOf({ name, args, blockNumber, timestampSeconds, transactionHash }: IndexedEvent, place: number): Placed {
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

async function evaluatorOf(
  { view }: JobViewSources,
  { evaluator, client }: JobRecord,
  judgement: JobJudgement | undefined,
): Promise<JobEvaluatorJson> {
  const { reader } = view
  if (judgement !== undefined) {
    const on = { address: evaluator, abi: quorumEvaluatorAbi, functionName: 'netuid' } as const
    return { kind: 'quorum', netuid: await reader.readContract(on) }
  }
  if (evaluator === client) return { kind: 'client' }
  const code = await reader.getCode({ address: evaluator })
  const netuid = code === undefined ? await foreseenQuorum(view, evaluator) : undefined
  if (netuid !== undefined) return { kind: 'quorum', netuid }
  // EIP-7702: the account of a key that delegates to code is still an account.
  return { kind: code === undefined || code.startsWith('0xef0100') ? 'account' : 'contract' }
}

/** The subnet whose evaluator will stand there: a job may name it before anybody puts it in place. */
async function foreseenQuorum(view: JobViewSources['view'], evaluator: Address): Promise<number | undefined> {
  if (view.network.contracts.jobEvaluators === undefined) return undefined
  const netuids = await listSubnets(view)
  const places = await Promise.all(netuids.map((netuid) => quorumEvaluatorOf(view, netuid)))
  return netuids[places.indexOf(evaluator)]
}

/** Verdicts, disputes and bonds, from the evaluator's own logs since the work was handed in. */
async function readJudging(
  { view }: JobViewSources,
  { evaluator, jobId }: JobRecord,
  submitted: IndexedEvent,
): Promise<readonly Placed[]> {
  const { reader } = view
  const pager = new LogPager()
  const placed: Placed[] = []
  const head = await reader.getBlockNumber({ cacheTime: 0 })
  for (let next = BigInt(submitted.blockNumber); next <= head; ) {
    const page = await pager.next({ fromBlock: next, toBlock: head }, (span) =>
      reader.getLogs({ address: evaluator, events: judgingEvents, strict: true, ...span }),
    )
    for (const log of page.logs) {
      if (log.args.jobId !== jobId) continue
      const { timestamp } = await reader.getBlock({ blockNumber: log.blockNumber })
      placed.push({ block: Number(log.blockNumber), place: -1, step: judgingStep(log, Number(timestamp) * 1_000) })
    }
    next = page.toBlock + 1n
  }
  return placed
}

type JudgingName = 'VerdictRecorded' | 'Disputed' | 'BondPaid'
type JudgingEvent = Extract<(typeof quorumEvaluatorAbi)[number], { type: 'event'; name: JudgingName }>
const judgingEvents = quorumEvaluatorAbi.filter(
  (item) =>
    item.type === 'event' && (item.name === 'VerdictRecorded' || item.name === 'Disputed' || item.name === 'BondPaid'),
) as JudgingEvent[]
type JudgingLog = GetLogsReturnType<JudgingEvent, JudgingEvent[], true>[number]

function judgingStep(log: JudgingLog, atMs: number): JobStepJson {
  const { transactionHash } = log
  if (log.eventName === 'Disputed') {
    const { disputer, bond } = log.args
    return { name: 'disputed', atMs, transactionHash, account: disputer.toLowerCase(), amountAtomic: `${bond}` }
  }
  if (log.eventName === 'BondPaid') {
    const { to, amount } = log.args
    return { name: 'bondPaid', atMs, transactionHash, account: to.toLowerCase(), amountAtomic: `${amount}` }
  }
  const { accepted, round, signedStake, totalStake } = log.args
  const verdict = {
    isAccepted: accepted,
    round,
    signedStakeAtomic: `${signedStake}`,
    totalStakeAtomic: `${totalStake}`,
  }
  return { name: 'verdict', atMs, transactionHash, verdict }
}

function judgementJson(judgement: JobJudgement): JudgementJson {
  const { accepted, isSettled, finalAtSeconds, disputedAtSeconds, disputer, bondAtomic } = judgement
  return {
    ...{ isAccepted: accepted, isSettled, bondAtomic: `${bondAtomic}` },
    ...{ finalAtMs: finalAtSeconds * 1_000, disputedAtMs: disputedAtSeconds * 1_000 },
    ...(disputer === zeroAddress ? {} : { disputer }),
  }
}
