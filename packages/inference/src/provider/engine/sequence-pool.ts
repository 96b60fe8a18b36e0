import { withDeadline } from '@koinon/base'
import { FairQueue } from '../../wire/fair-queue.ts'
import { busy, late, stopped } from './engine-errors.ts'

/** Something that serves one request at a time and must be emptied between two of them. */
export type PooledSequence = { readonly clear: () => Promise<void> }

export type SequencePoolOptions = {
  readonly maxQueuedRequests: number
  readonly maxQueuedRequestsPerCaller: number
  readonly requestTimeoutMs: number
}

type Waiter<sequence> = { readonly resolve: (value: sequence) => void; readonly reject: (error: unknown) => void }
type Running = { readonly abort: AbortController; readonly done: Promise<void> }

const stopTimeoutMs = 10_000

/** Lends sequences to requests: a bounded, fair queue, a deadline for each request, and an orderly end. */
export class SequencePool<sequence extends PooledSequence> {
  readonly #options: SequencePoolOptions
  readonly #idle: sequence[]
  readonly #queue: FairQueue<Waiter<sequence>>
  readonly #running = new Set<Running>()
  #isStopped = false

  constructor(sequences: readonly sequence[], options: SequencePoolOptions) {
    this.#options = options
    this.#idle = [...sequences]
    this.#queue = new FairQueue(options.maxQueuedRequests, options.maxQueuedRequestsPerCaller)
  }

  get activeCount(): number {
    return this.#running.size
  }

  get queuedCount(): number {
    return this.#queue.size
  }

  /**
   * Runs `work` on a sequence of its own. The signal handed to `work` aborts with the caller's signal, at the deadline
   * (`engine/deadline`) and when the pool stops (`engine/stopped`); a waiting request then leaves the queue at once.
   * Throws `engine/busy` when the queue is full.
   */
  async run(
    caller: string,
    callerSignal: AbortSignal | undefined,
    work: (sequence: sequence, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const abort = new AbortController()
    const { requestTimeoutMs } = this.#options
    const timer = setTimeout(() => abort.abort(late(requestTimeoutMs)), requestTimeoutMs)
    const signal = callerSignal === undefined ? abort.signal : AbortSignal.any([abort.signal, callerSignal])
    try {
      const sequence = await this.#take(caller, signal)
      const run = this.#runOn(sequence, work, signal)
      const running: Running = { abort, done: run.catch(() => undefined) }
      this.#running.add(running)
      try {
        await run
      } finally {
        this.#running.delete(running)
      }
    } finally {
      clearTimeout(timer)
    }
  }

  /** Ends everything that waits or runs with `engine/stopped`; resolves when no sequence is in use any more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    for (let waiter = this.#queue.take(); waiter !== undefined; waiter = this.#queue.take()) waiter.reject(stopped())
    const running = [...this.#running]
    for (const { abort } of running) abort.abort(stopped())
    await withDeadline(Promise.all(running.map(({ done }) => done)), stopTimeoutMs, 'Stopping the engine')
  }

  async #runOn(
    sequence: sequence,
    work: (sequence: sequence, signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      signal.throwIfAborted()
      await work(sequence, signal)
    } finally {
      // A sequence that cannot be emptied is not lent again: the next request must never see this one's tokens.
      await sequence.clear()
      this.#giveBack(sequence)
    }
  }

  #take(caller: string, signal: AbortSignal): Promise<sequence> {
    if (this.#isStopped) return Promise.reject(stopped())
    signal.throwIfAborted()
    const idle = this.#idle.pop()
    if (idle !== undefined) return Promise.resolve(idle)
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#queue.remove(caller, waiter)
        reject(signal.reason as Error)
      }
      const stay = (): void => signal.removeEventListener('abort', leave)
      const waiter: Waiter<sequence> = {
        resolve: (sequence) => {
          stay()
          resolve(sequence)
        },
        reject: (error) => {
          stay()
          reject(error as Error)
        },
      }
      if (!this.#queue.add(caller, waiter)) return reject(busy())
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  #giveBack(sequence: sequence): void {
    const waiter = this.#queue.take()
    if (waiter === undefined) this.#idle.push(sequence)
    else waiter.resolve(sequence)
  }
}
