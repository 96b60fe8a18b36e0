import { type Address, type Clock, errorToJson, isKoinonError, KoinonError, sleep, zeroHash } from '@koinon/base'
import type { DurableStore, SqlStatement } from '@koinon/base/node'
import type { SignedQuote } from '@koinon/work'
import type { JobTerms } from '../../rules/job.ts'
import { treeLine } from '../../rules/job-tree-line.ts'
import {
  aggregateTask,
  type ChildPlan,
  childrenOf,
  createTaskTree,
  failTask,
  hireFor,
  isReadyToAggregate,
  payTask,
  refundTask,
  rootTaskId,
  splitTask,
  type Task,
  type TaskTree,
} from '../../rules/task-tree.ts'
import type { JobClient } from '../jobs/job-client.ts'
import { type JobRecord, jobOfQuote } from '../jobs/job-ledger.ts'
import { type HireAttempt, loadAttempts, loadTree, saveAttempt, saveTree } from './hire-store.ts'

export type HireEvent =
  | { readonly kind: 'split'; readonly taskId: string; readonly children: number }
  | { readonly kind: 'hired' | 'paid'; readonly taskId: string; readonly jobId: bigint; readonly provider: Address }
  | { readonly kind: 'lost'; readonly taskId: string; readonly provider: Address; readonly jobId: bigint | undefined }
  | { readonly kind: 'aggregated' | 'failed' | 'no-quote'; readonly taskId: string }
  | { readonly kind: 'waiting'; readonly taskId: string; readonly code: string; readonly message: string }

export type HireTreeOptions = {
  /** With the tables of `hireSchema`; may hold many trees. */
  readonly store: DurableStore
  readonly treeId: string
  readonly client: JobClient
  /** The job that this account was hired for itself, when the tree is how it does that work. */
  readonly underJobId?: bigint
  readonly clock: Clock
  readonly goal: string
  readonly budgetAtomic: bigint
  /** Unix seconds at which all jobs are over at the latest. */
  readonly endsAtSeconds: number
  /** How long a job for this task may take, to its end. */
  readonly jobSeconds: (task: Task) => number
  /** Children of a task, or undefined for one that is hired for as a whole. Called until its answer is kept. */
  readonly plan: (task: Task) => Promise<readonly ChildPlan[] | undefined>
  /** One result of those of the children, in the order of the plan. */
  readonly aggregate: (task: Task, results: readonly string[]) => Promise<string>
  /** The quote to take, or undefined when nobody offers; `lost` are providers that did not deliver, to be asked last. */
  readonly quote: (
    terms: JobTerms,
    ceilingAtomic: bigint,
    lost: ReadonlySet<Address>,
    signal: AbortSignal | undefined,
  ) => Promise<SignedQuote | undefined>
  /** What was delivered, held against its hash. */
  readonly fetch: (job: JobRecord) => Promise<string>
  /** Who judges; this client itself when left out, by `accepts` (everything that can be fetched when left out). */
  readonly evaluator?: Address
  readonly accepts?: (task: Task, result: string, job: JobRecord) => Promise<boolean>
  /** Jobs that are begun for one task at most; 3 when left out. */
  readonly attempts?: number
  readonly pollMs?: number
  readonly onEvent?: (event: HireEvent) => void
}

const leastJobSeconds = 60
const quoteRounds = 5
/** A quote that was not taken so long after its deadline never will be, whatever the ledger's clock says. */
const certainSeconds = 120

/**
 * Runs a tree of tasks over jobs (specs/0024-jobs.md section 7). Every step is kept before it is taken and found out after a crash, so
 * `run` may be called again by any later process with the same store; two at once are not allowed.
 */
export class HireTree {
  readonly #options: HireTreeOptions
  readonly #attempts = new Map<string, HireAttempt>()
  readonly #lost = new Set<Address>()
  /** Noted by this process and not sent yet: only of those a refusal says that nothing is under way. */
  readonly #unsent = new Set<string>()
  #tree: TaskTree
  #signal: AbortSignal | undefined

  constructor(options: HireTreeOptions) {
    this.#options = options
    this.#tree = createTaskTree(options.goal, options.budgetAtomic)
  }

  /** The tree as it is kept now. */
  get tree(): TaskTree {
    return this.#tree
  }

  /** Resolves with the tree once its root is done or failed, or as far as it is when the signal aborts. Throws `store/*`. */
  async run(signal?: AbortSignal): Promise<TaskTree> {
    const { store, treeId } = this.#options
    this.#signal = signal
    const kept = await loadTree(store, treeId)
    if (kept === undefined) await store.write([saveTree(treeId, this.#tree)])
    else this.#tree = kept
    for (const attempt of await loadAttempts(store, treeId)) {
      this.#attempts.set(attempt.taskId, attempt)
      if (attempt.isOver && this.#task(attempt.taskId).status !== 'done') this.#lost.add(attempt.quote.provider)
    }
    await this.#drive(rootTaskId)
    return this.#tree
  }

  async #drive(id: string): Promise<void> {
    while (!this.#isStopped) {
      const { status } = this.#task(id)
      if (status === 'done' || status === 'failed') return
      await this.#step(id).catch(async (error: unknown) => {
        if (isKoinonError(error) && error.code.startsWith('store/')) throw error
        const { code, message } = errorToJson(error)
        this.#tell({ kind: 'waiting', taskId: id, code, message })
        await this.#pause(5)
      })
    }
  }

  async #step(id: string): Promise<void> {
    const task = this.#task(id)
    if (task.status === 'hired') return this.#follow(this.#attempts.get(id) as HireAttempt)
    if (task.status === 'split') return this.#gather(id)
    if (this.#nowSeconds + leastJobSeconds > this.#options.endsAtSeconds) return this.#fail(id)
    const children = task.attempts === 0 ? await this.#options.plan(task) : undefined
    if (children === undefined) return this.#hire(task)
    await this.#keep((tree) => splitTask(tree, id, children))
    this.#tell({ kind: 'split', taskId: id, children: children.length })
  }

  async #gather(id: string): Promise<void> {
    await Promise.all(childrenOf(this.#tree, id).map((child) => this.#drive(child.id)))
    if (this.#isStopped) return
    if (!isReadyToAggregate(this.#tree, id)) return this.#fail(id)
    const results = childrenOf(this.#tree, id).map(({ result }) => result as string)
    const result = await this.#options.aggregate(this.#task(id), results)
    await this.#keep((tree) => aggregateTask(tree, id, result))
    this.#tell({ kind: 'aggregated', taskId: id })
  }

  /** Notes terms and quote, and the money with them, before anything is sent. */
  async #hire(task: Task): Promise<void> {
    const { attempts = 3, client, endsAtSeconds, evaluator, jobSeconds, quote } = this.#options
    if (task.attempts >= attempts || task.leftAtomic === 0n) return this.#fail(task.id)
    for (let round = 0; round < quoteRounds && !this.#isStopped; round++) {
      const terms = client.draft({
        evaluator: evaluator ?? client.account.sender.address,
        expiredAtSeconds: Math.min(this.#nowSeconds + jobSeconds(task), endsAtSeconds),
        description: `${task.goal}\n${treeLine(this.#options.treeId, task.id, this.#options.underJobId)}`,
      })
      const found = await quote(terms, task.leftAtomic, this.#lost, this.#signal)
      if (found !== undefined) {
        const attempt = task.attempts + 1
        const noted: HireAttempt = { taskId: task.id, attempt, terms, quote: found, jobId: undefined, isOver: false }
        await this.#keep((tree) => hireFor(tree, task.id, found.priceAtomic), noted)
        this.#unsent.add(task.id)
        return
      }
      this.#tell({ kind: 'no-quote', taskId: task.id })
      await this.#pause(1 + round)
    }
    if (!this.#isStopped) await this.#fail(task.id)
  }

  async #follow(noted: HireAttempt): Promise<void> {
    const attempt = noted.jobId === undefined ? await this.#taken(noted) : noted
    if (attempt === undefined) return this.#lose(noted)
    const { accepts, client, evaluator, fetch } = this.#options
    const jobId = attempt.jobId as bigint
    const task = this.#task(attempt.taskId)
    while (!this.#isStopped) {
      const job = await client.read(jobId)
      if (job.status === 'completed') return this.#pay(attempt, job)
      if (job.status === 'rejected' || job.status === 'expired') return this.#lose(attempt)
      if (this.#nowSeconds >= job.expiredAtSeconds) await client.refund(jobId)
      else if (job.status === 'submitted' && evaluator === undefined) {
        const result = await fetch(job).catch((error: unknown) => {
          if (isKoinonError(error) && error.code === 'agents/deliverable-mismatch') return undefined
          throw error
        })
        const isGood = result !== undefined && ((await accepts?.(task, result, job)) ?? true)
        await (isGood ? client.accept(jobId, zeroHash) : client.reject(jobId, zeroHash))
      } else await this.#pause(1)
    }
  }

  /** The attempt with its job, hired now if it was not; undefined once it is certain that the quote was not taken and never will be. */
  async #taken(noted: HireAttempt): Promise<HireAttempt | undefined> {
    const { client } = this.#options
    const { quote, terms } = noted
    const isDead = await this.#isPast(quote.deadlineSeconds)
    const found = await jobOfQuote(client.account, quote.provider, quote.nonce)
    if (found === 'cancelled' || (found === undefined && isDead)) return undefined
    const jobId = found ?? (await this.#tryHire(noted.taskId, terms, quote))
    if (jobId === undefined) return undefined
    const job = await client.read(jobId)
    if (job.client !== client.payer || job.termsHash !== quote.termsHash) return undefined
    const attempt = { ...noted, jobId }
    this.#attempts.set(noted.taskId, attempt)
    await this.#options.store.write([saveAttempt(this.#options.treeId, attempt)])
    this.#tell({ kind: 'hired', taskId: noted.taskId, jobId, provider: quote.provider })
    return attempt
  }

  /**
   * Undefined when the contract refused and nothing is under way; what is unknown is thrown and asked again. Of what an earlier process
   * may have sent a refusal proves nothing: only the ledger's word or the quote's deadline does.
   */
  async #tryHire(taskId: string, terms: JobTerms, quote: SignedQuote): Promise<bigint | undefined> {
    const isUnsent = this.#unsent.delete(taskId)
    try {
      return await this.#options.client.hire(terms, quote)
    } catch (error) {
      if (isUnsent && isKoinonError(error) && error.retry === 'never') return undefined
      throw error
    }
  }

  async #isPast(deadlineSeconds: number): Promise<boolean> {
    if (this.#nowSeconds > deadlineSeconds + certainSeconds) return true
    const { timestamp } = await this.#options.client.account.reader.getBlock()
    return timestamp > BigInt(deadlineSeconds)
  }

  async #pay(attempt: HireAttempt, job: JobRecord): Promise<void> {
    const result = await this.#options.fetch(job).catch(() => job.deliverable)
    await this.#keep((tree) => payTask(tree, attempt.taskId, result), { ...attempt, isOver: true })
    this.#tell({ kind: 'paid', taskId: attempt.taskId, jobId: job.jobId, provider: job.provider })
  }

  async #lose(attempt: HireAttempt): Promise<void> {
    const { provider } = attempt.quote
    this.#lost.add(provider)
    await this.#keep((tree) => refundTask(tree, attempt.taskId), { ...attempt, isOver: true })
    this.#tell({ kind: 'lost', taskId: attempt.taskId, provider, jobId: attempt.jobId })
  }

  async #fail(id: string): Promise<void> {
    await this.#keep((tree) => failTask(tree, id))
    this.#tell({ kind: 'failed', taskId: id })
  }

  /** One change of the tree and what belongs to it, in one transaction. Changes of branches that run side by side are made in turn. */
  async #keep(change: (tree: TaskTree) => TaskTree, attempt?: HireAttempt): Promise<void> {
    const { store, treeId } = this.#options
    this.#tree = change(this.#tree)
    const statements: SqlStatement[] = [saveTree(treeId, this.#tree)]
    if (attempt !== undefined) {
      this.#attempts.set(attempt.taskId, attempt)
      statements.push(saveAttempt(treeId, attempt))
    }
    await store.write(statements)
  }

  get #nowSeconds(): number {
    return Math.floor(this.#options.clock.nowMs() / 1000)
  }

  get #isStopped(): boolean {
    return this.#signal?.aborted === true
  }

  #pause(times: number): Promise<void> {
    return sleep(times * (this.#options.pollMs ?? 500), this.#signal)
  }

  #task(id: string): Task {
    const task = this.#tree.tasks[id]
    if (task === undefined) throw new KoinonError({ code: 'agents/no-task', message: `The tree has no task ${id}` })
    return task
  }

  #tell(event: HireEvent): void {
    this.#options.onEvent?.(event)
  }
}
