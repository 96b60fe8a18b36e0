/** Jobs as the ledger has them, and calls of their contract. */
import { type Address, type Hex, KoinonError, toAddress } from '@koinon/base'
import type { LedgerReader, NetworkFile, TransactionSender } from '@koinon/ledger'
import { jobsAbi } from '@koinon/ledger/abis'
import { type JobStatus, type JobTerms, jobStatuses } from '../../rules/job.ts'

/** An account that takes part in jobs: it signs typed data with its key and sends its own transactions. */
export type JobAccount = {
  readonly network: NetworkFile
  readonly reader: LedgerReader
  readonly sender: TransactionSender
  readonly secretKey: Uint8Array
}

/** Where jobs are read. */
export type JobView = Pick<JobAccount, 'network' | 'reader'>

export type JobRecord = JobTerms & {
  readonly jobId: bigint
  /** The zero address until there is one. */
  readonly provider: Address
  readonly status: JobStatus
  readonly budgetAtomic: bigint
  /** Zero until work was submitted, and `deliverable` too. */
  readonly submittedAtSeconds: number
  readonly deliverable: Hex
  readonly termsHash: Hex
}

/** The network's contract. Throws `agents/no-jobs` where the network has none. */
export function jobsOf(network: NetworkFile): Address {
  const { jobs } = network.contracts
  if (jobs !== undefined) return jobs
  throw new KoinonError({
    code: 'agents/no-jobs',
    message: `The network ${network.name} has no contract for jobs`,
    hint: 'It was deployed by an older version; jobs need a network deployed by this one.',
  })
}

/** Calls without parameters for hooks. */
export const noParams = '0x'

/** Sends one transaction to the network's contract. Resolves when it is mined. Throws `agents/no-jobs`, `ledger/*`. */
export function callJobs(
  { network, sender }: Pick<JobAccount, 'network' | 'sender'>,
  functionName: string,
  args: readonly unknown[],
): Promise<unknown> {
  return sender.call({ address: jobsOf(network), abi: jobsAbi, functionName, args } as never)
}

/** One job. Throws `agents/no-job`. */
export async function readJob({ network, reader }: JobView, jobId: bigint): Promise<JobRecord> {
  const on = { address: jobsOf(network), abi: jobsAbi } as const
  const count = await reader.readContract({ ...on, functionName: 'jobCount' })
  if (jobId < 1n || jobId > count) {
    throw new KoinonError({
      code: 'agents/no-job',
      message: `There is no job ${jobId}`,
      hint: count === 0n ? 'Nobody posted one yet.' : `Jobs are numbered from 1 to ${count}: koinon job list`,
    })
  }
  const job = await reader.readContract({ ...on, functionName: 'getJob', args: [jobId] })
  return {
    jobId,
    client: toAddress(job.client),
    provider: toAddress(job.provider),
    evaluator: toAddress(job.evaluator),
    hook: toAddress(job.hook),
    token: toAddress(job.token),
    status: jobStatuses[job.status] as JobStatus,
    expiredAtSeconds: job.expiredAt,
    submittedAtSeconds: job.submittedAt,
    budgetAtomic: job.budget,
    deliverable: job.deliverable,
    termsHash: job.termsHash,
    description: job.description,
  }
}

/** The newest jobs, at most `most`, newest first. */
export async function listJobs(view: JobView, most: number): Promise<readonly JobRecord[]> {
  const count = await view.reader.readContract({
    address: jobsOf(view.network),
    abi: jobsAbi,
    functionName: 'jobCount',
  })
  const numbers = Array.from({ length: Math.min(most, Number(count)) }, (_, index) => count - BigInt(index))
  return Promise.all(numbers.map((jobId) => readJob(view, jobId)))
}

/** The job that took a quote: undefined while nobody did, `cancelled` when its provider took it back. */
export async function jobOfQuote(
  { network, reader }: JobView,
  provider: Address,
  nonce: bigint,
): Promise<bigint | 'cancelled' | undefined> {
  const jobId = await reader.readContract({
    address: jobsOf(network),
    abi: jobsAbi,
    functionName: 'jobOfQuote',
    args: [provider, nonce],
  })
  if (jobId === 0n) return undefined
  return jobId === (1n << 256n) - 1n ? 'cancelled' : jobId
}

/** The first job with these terms; several can have them only when somebody repeats a description without its random bytes. */
export async function findJob({ network, reader }: JobView, termsHash: Hex): Promise<bigint | undefined> {
  const [created] = await reader.getContractEvents({
    address: jobsOf(network),
    abi: jobsAbi,
    eventName: 'JobTermsSet',
    args: { termsHash },
    fromBlock: BigInt(network.startBlock),
    strict: true,
  })
  return created?.args.jobId
}
