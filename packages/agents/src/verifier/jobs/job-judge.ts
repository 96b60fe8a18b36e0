/** A validator's part in the quorum that judges jobs (specs/0024-jobs.md section 4.1). */
import {
  type Address,
  type Clock,
  errorToJson,
  type Hex,
  isKoinonError,
  keccak256,
  sleep,
  utf8ToBytes,
} from '@koinon/base'
import { jobsAbi, subnetsAbi } from '@koinon/ledger/abis'
import { JobClient } from '../../client/jobs/job-client.ts'
import { type JobAccount, type JobRecord, jobsOf, readJob } from '../../client/jobs/job-ledger.ts'
import { isQuorum, type Verdict } from '../../rules/job.ts'
import { type JobChecker, type JobOpinion, parseJobCheck } from '../../rules/job-check.ts'
import {
  type JobJudgement,
  openQuorumEvaluator,
  quorumEvaluatorOf,
  readJudgement,
  settleJob,
  signVerdict,
  submitVerdict,
  type VerdictSignature,
} from './job-evaluator.ts'
import { nextInLine } from './job-line.ts'
import { permittedStakeAt, totalPermittedStakeAt } from './permitted-stake.ts'
import { ProviderPatience } from './provider-patience.ts'
import type { VerdictBook } from './verdict-book.ts'
import { gatherVotes, type VerdictVote, type VoteSource } from './verdict-votes.ts'

export type JobJudgeEvent =
  | { readonly kind: 'signed'; readonly jobId: bigint; readonly round: 0 | 1; readonly accepted: boolean }
  | { readonly kind: 'abstains'; readonly jobId: bigint; readonly reason: string }
  | { readonly kind: 'contradicts'; readonly jobId: bigint; readonly signer: Address }
  | { readonly kind: 'recorded' | 'settled' | 'refunded'; readonly jobId: bigint }
  | { readonly kind: 'failed'; readonly what: string; readonly code: string; readonly message: string }

export type JobJudgeOptions = VoteSource & {
  /** Signs verdicts with its key and pays for what it brings to the ledger. */
  readonly account: JobAccount
  readonly netuid: number
  /** Started. */
  readonly book: VerdictBook
  /** By the name that a job's terms give. */
  readonly checkers: Readonly<Record<string, JobChecker>>
  /** What the provider delivered, held against the job's hash; throws while nobody has it, within some seconds. */
  readonly fetchDeliverable: (job: JobRecord) => Promise<Uint8Array>
  readonly clock: Clock
  readonly onEvent?: (event: JobJudgeEvent) => void
  readonly pollMs?: number
  /** How long one validator waits at most for the next to bring a verdict to the ledger first; all eight turns fit into a quarter of a window. */
  readonly turnMs?: number
}

const turns = 8
const windowsNeeded = 3
const turnsPerWindow = 4 * turns
/** Jobs that are looked at together: one whose provider answers slowly holds up an eighth of the line. */
const jobsAtOnce = 8
const longestRestMs = 600_000
/** A provider that comes back is asked again early enough for its work to be judged. */
const restsPerWindow = 8
const notServed = 'nobody serves what was delivered'
/** Blocks that are looked at again, for reorganisations. */
const lookBackBlocks = 20n

/**
 * Looks at work that was handed in for its subnet's quorum, checks what the terms name, signs what it found, gathers the others' votes and
 * brings them to the ledger once they are a quorum; after a dispute again. What it cannot check it does not judge. The ledger says how far
 * each job is; only its own votes are kept.
 */
export class JobJudge {
  readonly #options: JobJudgeOptions
  readonly #stopping = new AbortController()
  /** Jobs that wait for this quorum, and their providers. */
  readonly #jobs = new Map<bigint, Address>()
  readonly #over = new Set<bigint>()
  readonly #patience = new ProviderPatience()
  readonly #dueMs = new Map<string, number>()
  readonly #told = new Set<string>()
  #fromBlock: bigint
  #windowSeconds = 0
  #loop: Promise<void> = Promise.resolve()

  constructor(options: JobJudgeOptions) {
    this.#options = options
    this.#fromBlock = BigInt(options.account.network.startBlock)
  }

  start(): void {
    const { pollMs = 2_000 } = this.#options
    this.#loop = (async () => {
      while (!this.#stopping.signal.aborted) {
        await this.look().catch((error: unknown) => this.#fail('looking for jobs', error))
        await sleep(pollMs, this.#stopping.signal)
      }
    })()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
  }

  /** One look at every job that waits for this quorum. Throws what the ledger throws; trouble with one job holds up no other. */
  async look(): Promise<void> {
    const evaluator = await quorumEvaluatorOf(this.#options.account, this.#options.netuid)
    this.#windowSeconds = await this.#readWindow()
    await this.#discover(evaluator)
    const nowMs = this.#options.clock.nowMs()
    const isProven = (provider: Address): boolean => this.#patience.isProven(provider)
    const isResting = (provider: Address): boolean => this.#patience.isResting(provider, nowMs)
    const line = [...nextInLine([...this.#jobs], isProven, isResting)]
    const attendInTurn = async (): Promise<void> => {
      for (let next = line.shift(); next !== undefined && !this.#stopping.signal.aborted; next = line.shift()) {
        const [jobId, provider] = next
        // Whoever was looked at goes to the end of the line.
        this.#jobs.delete(jobId)
        const isOver = await this.#attend(jobId, evaluator).catch((error: unknown) => this.#fail(`job ${jobId}`, error))
        if (isOver === true) this.#over.add(jobId)
        else this.#jobs.set(jobId, provider)
      }
    }
    await Promise.all(Array.from({ length: jobsAtOnce }, attendInTurn))
  }

  async #discover(evaluator: Address): Promise<void> {
    const { account } = this.#options
    const toBlock = await account.reader.getBlockNumber({ cacheTime: 0 })
    const submitted = await account.reader.getContractEvents({
      ...{ address: jobsOf(account.network), abi: jobsAbi, fromBlock: this.#fromBlock, toBlock, strict: true },
      eventName: 'JobSubmitted',
    })
    for (const { args } of submitted) {
      const { jobId } = args as { readonly jobId: bigint }
      if (this.#over.has(jobId) || this.#jobs.has(jobId)) continue
      const job = await readJob(account, jobId)
      if (job.evaluator === evaluator) this.#jobs.set(jobId, job.provider)
      else this.#over.add(jobId)
    }
    const next = toBlock + 1n - lookBackBlocks
    if (next > this.#fromBlock) this.#fromBlock = next
  }

  /** True when nothing is left to do for a job. */
  async #attend(jobId: bigint, evaluator: Address): Promise<boolean> {
    const { account, clock } = this.#options
    const job = await readJob(account, jobId)
    const judgement =
      (await account.reader.getCode({ address: evaluator })) === undefined
        ? undefined
        : await readJudgement(account, evaluator, jobId)
    const nowSeconds = Math.floor(clock.nowMs() / 1000)
    if (job.status !== 'submitted') return this.#leave(job, judgement)
    if (nowSeconds >= job.expiredAtSeconds) return this.#refund(job)
    if (judgement !== undefined && judgement.finalAtSeconds !== 0) {
      if (nowSeconds >= judgement.finalAtSeconds) return this.#settle(jobId)
      if (judgement.disputedAtSeconds === 0) return false
    }
    const round = judgement === undefined || judgement.finalAtSeconds === 0 ? 0 : 1
    if (round === 0 && nowSeconds + windowsNeeded * this.#windowSeconds > job.expiredAtSeconds) {
      this.#tell({
        kind: 'abstains',
        jobId,
        reason: 'it was handed in too late to be judged; its money goes back at its end',
      })
      return false
    }
    const atSeconds = round === 0 ? job.submittedAtSeconds - 1 : (judgement as JobJudgement).disputedAtSeconds
    if ((await this.#stakeOf(account.sender.address, atSeconds)) === 0n) return false
    const vote = this.#options.book.find(evaluator, jobId, round) ?? (await this.#vote(job, evaluator, round))
    // After a reorganisation the same number may be another job, or other work: its vote was cast.
    if (vote === undefined || vote.verdict.deliverable !== job.deliverable) return false
    await this.#bring(vote.verdict, evaluator, atSeconds, vote)
    return false
  }

  async #vote(job: JobRecord, evaluator: Address, round: 0 | 1): Promise<VerdictVote | undefined> {
    const { account, book } = this.#options
    const { jobId, deliverable } = job
    const opinion = await this.#judge(job)
    if (typeof opinion === 'string') {
      this.#tell({ kind: 'abstains', jobId, reason: opinion })
      return undefined
    }
    const verdict: Verdict = { jobId, deliverable, accepted: opinion.accepted, reason: opinion.reason, round }
    const { signature } = signVerdict(account.network.chainId, evaluator, verdict, account.secretKey)
    const kept = await book.keep(evaluator, { verdict, signature })
    this.#tell({ kind: 'signed', jobId, round, accepted: kept.verdict.accepted })
    return kept
  }

  /** What the named check says, or why there is no saying. */
  async #judge(job: JobRecord): Promise<JobOpinion | string> {
    const check = parseJobCheck(job.description)
    if (check === undefined) return 'its terms name no check'
    const { checkers, fetchDeliverable, clock } = this.#options
    const checker = Object.hasOwn(checkers, check.name) ? checkers[check.name] : undefined
    if (checker === undefined) return `the check "${check.name}" is not made here`
    if (this.#patience.isResting(job.provider, clock.nowMs())) return notServed
    let content: Uint8Array
    try {
      content = await fetchDeliverable(job)
    } catch (error) {
      // That the ledger was not there is nothing that the provider did.
      if (isKoinonError(error) && error.code.startsWith('ledger/')) throw error
      const mostRestMs = Math.min(longestRestMs, (this.#windowSeconds * 1000) / restsPerWindow)
      this.#patience.failed(job.provider, clock.nowMs(), mostRestMs)
      return notServed
    }
    this.#patience.served(job.provider)
    return (await checker(check.argument, content)) ?? `the check "${check.name}" cannot be made as it is written`
  }

  /** Gathers the others' votes; a quorum of one mind is brought to the ledger by whoever has the turn. */
  async #bring(verdict: Verdict, evaluator: Address, atSeconds: number, own: VerdictVote): Promise<void> {
    const { account } = this.#options
    const { jobId, round } = verdict
    const signed = new Map<Address, Hex>([[account.sender.address, own.signature]])
    for (const { signer, signature, isSame } of await gatherVotes(this.#options, verdict, evaluator)) {
      if (isSame) signed.set(signer, signature)
      else if ((await this.#stakeOf(signer, atSeconds)) > 0n) this.#tell({ kind: 'contradicts', jobId, signer })
    }
    const votes: VerdictSignature[] = []
    let weight = 0n
    for (const [signer, signature] of signed) {
      const stake = await this.#stakeOf(signer, atSeconds)
      if (stake > 0n) votes.push({ signer, signature })
      weight += stake
    }
    const { netuid } = this.#options
    const total = await totalPermittedStakeAt(account, netuid, atSeconds)
    if (!isQuorum(weight, total) || !this.#isMyTurn(`decide ${jobId} ${round}`)) return
    await openQuorumEvaluator(account, netuid)
    await submitVerdict(account, verdict, votes)
    this.#tell({ kind: 'recorded', jobId })
  }

  /** Seconds of a window, as the ledger would take it now. */
  async #readWindow(): Promise<number> {
    const { account, netuid } = this.#options
    const on = { address: account.network.contracts.subnets, abi: subnetsAbi } as const
    return Number(await account.reader.readContract({ ...on, functionName: 'activationDelayOf', args: [netuid] }))
  }

  async #settle(jobId: bigint): Promise<boolean> {
    if (!this.#isMyTurn(`settle ${jobId}`)) return false
    await settleJob(this.#options.account, jobId)
    this.#tell({ kind: 'settled', jobId })
    return true
  }

  /** Time is over without a verdict that was carried out: the client has its money back without asking. */
  async #refund(job: JobRecord): Promise<boolean> {
    const { jobId } = job
    if (!this.#isMyTurn(`refund ${jobId}`)) return false
    const { account, clock } = this.#options
    await new JobClient(account, clock, () => new Uint8Array()).refund(jobId)
    this.#tell({ kind: 'refunded', jobId })
    return false
  }

  /** The job has ended; a bond may still wait in the evaluator. */
  async #leave({ jobId }: JobRecord, judgement: JobJudgement | undefined): Promise<boolean> {
    const isBondLeft = judgement !== undefined && judgement.bondAtomic > 0n && !judgement.isSettled
    return isBondLeft ? this.#settle(jobId) : true
  }

  /** One of eight turns, by account and task, counted from the first time it was due here: mostly one pays for a transaction. */
  #isMyTurn(task: string): boolean {
    const { account, clock, turnMs: mostTurnMs = 4_000 } = this.#options
    // The second round has one window in all.
    const turnMs = Math.min(mostTurnMs, (this.#windowSeconds * 1000) / turnsPerWindow)
    const nowMs = clock.nowMs()
    const sinceMs = this.#dueMs.get(task) ?? nowMs
    this.#dueMs.set(task, sinceMs)
    const turn = (keccak256(utf8ToBytes(`${account.sender.address} ${task}`))[0] as number) % turns
    return nowMs >= sinceMs + turn * turnMs
  }

  #stakeOf(hotkey: Address, atSeconds: number): Promise<bigint> {
    return permittedStakeAt(this.#options.account, this.#options.netuid, hotkey, atSeconds)
  }

  /** Each thing is said once. */
  #tell(event: JobJudgeEvent): void {
    const text = JSON.stringify(event, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value))
    if (this.#told.has(text)) return
    this.#told.add(text)
    this.#options.onEvent?.(event)
  }

  #fail(what: string, error: unknown): undefined {
    const { code, message } = errorToJson(error)
    this.#options.onEvent?.({ kind: 'failed', what, code, message })
    return undefined
  }
}
