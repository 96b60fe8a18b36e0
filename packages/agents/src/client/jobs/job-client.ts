import { type Address, type Clock, type Hex, KoinonError, type Random, zeroAddress } from '@koinon/base'
import { quorumEvaluatorAbi } from '@koinon/ledger/abis'
import type { SignedQuote } from '@koinon/work'
import { hashTerms, type JobStatus, type JobTerms, jobsDomain } from '../../rules/job.ts'
import { describeJob } from '../../rules/job-description.ts'
import { Allowances } from './allowances.ts'
import { requireVerdict } from './disputable.ts'
import { findOut } from './find-out.ts'
import {
  callJobs,
  findJob,
  type JobAccount,
  type JobRecord,
  jobOfQuote,
  jobsOf,
  noParams,
  readJob,
} from './job-ledger.ts'
import type { JobPayer, QuotedJob } from './job-payer.ts'
import { walletForJobs } from './job-wallet.ts'
import { type JobAction, sendStep } from './refusal-words.ts'

/** What a new job is about; the token is the network's dollar when left out. */
export type JobDraft = {
  readonly evaluator: Address
  readonly expiredAtSeconds: number
  readonly description: string
  readonly token?: Address
  readonly hook?: Address
}

const stepNames = {
  hire: 'hiring by a quote',
  award: 'awarding a job',
  accept: 'accepting work',
  reject: 'rejecting a job',
  refund: 'claiming an expired job',
} as const

/**
 * Jobs of one account as their client. Each write finds out first what became of an earlier one like it, so all of them may be called
 * again after any failure (specs/0024-jobs.md section 5). All throw `ledger/*` and `agents/unknown-outcome`.
 */
export class JobClient {
  readonly account: JobAccount
  readonly #random: Random
  readonly #allowances: Allowances
  readonly #payer: JobPayer

  /**
   * The payer's owner is the client of the jobs; the account asks, sends and, unless the terms say otherwise, judges. Without a payer the
   * account pays itself.
   */
  constructor(account: JobAccount, clock: Clock, random: Random, payer?: JobPayer) {
    this.account = account
    this.#random = random
    this.#allowances = new Allowances(account)
    this.#payer = payer ?? walletForJobs(account, this.#allowances, clock, random)
  }

  /** Whose money pays, and who is the client of drafted terms. */
  get payer(): Address {
    return this.#payer.owner
  }

  /** Terms of a job of this account, or of its budget's owner; 16 random bytes in the description keep them apart from all others. */
  draft(draft: JobDraft): JobTerms {
    return {
      client: this.payer,
      evaluator: draft.evaluator,
      hook: draft.hook ?? zeroAddress,
      token: draft.token ?? this.account.network.contracts.dollar,
      expiredAtSeconds: draft.expiredAtSeconds,
      description: describeJob(draft.description, this.#random(16)),
    }
  }

  /** Opens a job without a provider. Resolves with its number. */
  async post(terms: JobTerms): Promise<bigint> {
    const { client, token, evaluator, expiredAtSeconds, description, hook } = terms
    requireOwn(client, this.account.sender.address)
    const args = [token, zeroAddress, evaluator, BigInt(expiredAtSeconds), description, hook] as const
    return findOut(
      'posting a job',
      () => this.#send('post', undefined, () => this.#call('createJobIn', args)),
      () => findJob(this.account, hashTerms(terms)),
    )
  }

  /** Opens a job and funds it by a quote in one transaction. Resolves with its number. */
  async hire(terms: JobTerms, quote: SignedQuote): Promise<bigint> {
    requireOwn(terms.client, this.payer)
    return this.#take('hire', undefined, { terms }, quote)
  }

  /** Names the provider of an open job by its quote and funds it. */
  async award(jobId: bigint, quote: SignedQuote): Promise<JobRecord> {
    const { token, status } = await this.read(jobId)
    if (status === 'open') await this.#take('award', jobId, { jobId, token }, quote)
    const job = await this.read(jobId)
    const taken = await jobOfQuote(this.account, quote.provider, quote.nonce)
    if (taken !== jobId) throw takenOtherwise(jobId, job.status)
    return job
  }

  /** Accepts submitted work, as its evaluator: the provider is paid. `reason` is a hash of why, or zero. */
  accept(jobId: bigint, reason: Hex): Promise<JobRecord> {
    return this.#step(jobId, ['completed'], 'accept', () => this.#call('complete', [jobId, reason, noParams]))
  }

  /** Ends an open job, as its client, or refuses funded or submitted work, as its evaluator: the client has its money back. */
  reject(jobId: bigint, reason: Hex): Promise<JobRecord> {
    return this.#step(jobId, ['rejected'], 'reject', () => this.#call('reject', [jobId, reason, noParams]))
  }

  /** Fetches the client's money back from a job whose time is over; for anyone's job. */
  refund(jobId: bigint): Promise<JobRecord> {
    return this.#step(jobId, ['expired', 'rejected', 'completed'], 'refund', () => this.#call('claimRefund', [jobId]))
  }

  /** Asks the quorum for a second round, with the bond, as the side that the verdict is against. Resolves with the bond. Throws `agents/nothing-to-dispute`. */
  async dispute(jobId: bigint): Promise<bigint> {
    const job = await this.read(jobId)
    const { evaluator, token } = job
    await requireVerdict(this.account, job)
    const on = { address: evaluator, abi: quorumEvaluatorAbi } as const
    const { reader, sender } = this.account
    const judgement = () => reader.readContract({ ...on, functionName: 'judgementOf', args: [jobId] })
    const bondAtomic = await reader.readContract({ ...on, functionName: 'bondOf', args: [jobId] })
    return findOut(
      'disputing a verdict',
      () =>
        this.#send('dispute', jobId, () =>
          this.#allowances.spend(token, evaluator, bondAtomic, () =>
            sender.call({ ...on, functionName: 'dispute', args: [jobId] }),
          ),
        ),
      async () => {
        const { disputer, bond } = await judgement()
        return disputer.toLowerCase() === sender.address ? bond : undefined
      },
    )
  }

  read(jobId: bigint): Promise<JobRecord> {
    return readJob(this.account, jobId)
  }

  /** EIP-712 domain of quotes that this client can take. */
  get domain(): ReturnType<typeof jobsDomain> {
    return jobsDomain(this.account.network.chainId, jobsOf(this.account.network))
  }

  async #take(
    action: 'hire' | 'award',
    jobId: bigint | undefined,
    job: QuotedJob,
    quote: SignedQuote,
  ): Promise<bigint> {
    const found = await findOut(
      stepNames[action],
      () => this.#send(action, jobId, () => this.#payer.take(job, quote)),
      () => jobOfQuote(this.account, quote.provider, quote.nonce),
    )
    if (found === 'cancelled') throw quoteCancelled(quote)
    return found
  }

  #step(
    jobId: bigint,
    ends: readonly JobStatus[],
    action: 'accept' | 'reject' | 'refund',
    send: () => Promise<unknown>,
  ): Promise<JobRecord> {
    return findOut(
      stepNames[action],
      () => this.#send(action, jobId, send),
      async () => {
        const job = await this.read(jobId)
        return ends.includes(job.status) ? job : undefined
      },
    )
  }

  #send(action: JobAction, jobId: bigint | undefined, send: () => Promise<unknown>): Promise<unknown> {
    return sendStep(this.account, action, jobId, send)
  }

  #call(functionName: string, args: readonly unknown[]): Promise<unknown> {
    return callJobs(this.account, functionName, args)
  }
}

function requireOwn(client: Address, own: Address): void {
  if (client === own) return
  throw new KoinonError({
    code: 'agents/not-own-terms',
    message: `These terms are of ${client}, not of ${own}`,
    hint: 'Terms name who pays; draft them with the account that does.',
  })
}

function quoteCancelled({ provider }: SignedQuote): KoinonError {
  return new KoinonError({
    code: 'agents/quote-cancelled',
    message: `The provider ${provider} took its quote back`,
    hint: 'Choose another quote, or ask for new ones.',
  })
}

function takenOtherwise(jobId: bigint, status: JobStatus): KoinonError {
  return new KoinonError({
    code: 'agents/job-taken',
    message: `Job ${jobId} is ${status} and was not awarded by this quote`,
    hint: `See what became of it: koinon job show ${jobId}`,
  })
}
