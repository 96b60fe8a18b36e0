/**
 * Durable rows for one role: SQLite in a worker thread. Writes of all callers that arrive while a commit runs share the next one
 * (group commit, one fsync), and a promise resolves only when its rows are on disk. The event loop never waits for the disk.
 */
import { Worker } from 'node:worker_threads'
import { type ErrorJson, errorFromJson, KoinonError } from '../errors.ts'

export type SqlValue = null | number | bigint | string | Uint8Array
export type SqlRow = Readonly<Record<string, SqlValue>>
/** One parameterised statement, `?` placeholders in order. */
export type SqlStatement = { readonly sql: string; readonly values?: readonly SqlValue[] }

export type StoreRequest =
  | { readonly id: number; readonly kind: 'write'; readonly statements: readonly SqlStatement[] }
  | { readonly id: number; readonly kind: 'read'; readonly statement: SqlStatement }
  | { readonly id: number; readonly kind: 'close' }
export type StoreReply = { readonly id: number; readonly rows?: readonly SqlRow[]; readonly error?: ErrorJson }

type Waiter = { resolve(rows: readonly SqlRow[]): void; reject(error: Error): void }

/** Opened by `DurableStore.open`; integers come back as numbers when safe, else bigints. */
export class DurableStore {
  readonly #worker: Worker
  readonly #waiters = new Map<number, Waiter>()
  #nextId = 1
  #failure: Error | undefined

  private constructor(worker: Worker) {
    this.#worker = worker
    worker.on('message', (reply: StoreReply) => this.#settle(reply))
    worker.on('error', (cause) => this.#fail(storeLost(cause)))
    worker.on('exit', () => this.#fail(storeLost(undefined)))
  }

  /** Opens or creates the file and applies `schema` (idempotent `create ... if not exists` statements). Throws `store/*`. */
  static async open(path: string, schema: string): Promise<DurableStore> {
    const worker = new Worker(new URL(workerFile, import.meta.url), {
      workerData: { path, schema },
      execArgv: ['--disable-warning=ExperimentalWarning'],
      resourceLimits: { maxOldGenerationSizeMb: 64 },
    })
    const store = new DurableStore(worker)
    await store.#ask({ kind: 'read', statement: { sql: 'select 1' } })
    return store
  }

  /** Applies the statements atomically; resolves when they are durable. If one fails none is kept and only this caller hears of it. */
  async write(statements: readonly SqlStatement[]): Promise<void> {
    await this.#ask({ kind: 'write', statements })
  }

  /** Rows of one query; sees every write that was sent before it. */
  read(sql: string, values: readonly SqlValue[] = []): Promise<readonly SqlRow[]> {
    return this.#ask({ kind: 'read', statement: { sql, values } })
  }

  /** Waits for writes under way and closes the file. */
  async close(): Promise<void> {
    if (this.#failure !== undefined) return
    await this.#ask({ kind: 'close' })
    this.#failure = new KoinonError({ code: 'store/closed', message: 'The store is closed' })
    await this.#worker.terminate()
  }

  #ask(request: DistributiveOmit<StoreRequest, 'id'>): Promise<readonly SqlRow[]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiters.set(id, { resolve, reject })
      this.#worker.postMessage({ ...request, id })
    })
  }

  #settle(reply: StoreReply): void {
    const waiter = this.#waiters.get(reply.id)
    this.#waiters.delete(reply.id)
    if (reply.error !== undefined) waiter?.reject(errorFromJson(reply.error))
    else waiter?.resolve(reply.rows ?? [])
  }

  #fail(error: Error): void {
    this.#failure ??= error
    for (const waiter of this.#waiters.values()) waiter.reject(this.#failure)
    this.#waiters.clear()
  }
}

type DistributiveOmit<union, key extends PropertyKey> = union extends unknown ? Omit<union, key> : never

// From source the worker is TypeScript, from a published build JavaScript.
const workerFile = import.meta.url.endsWith('.ts') ? './store-worker.ts' : './store-worker.js'

function storeLost(cause: unknown): KoinonError {
  return new KoinonError({
    code: 'store/lost',
    message: 'The durable store stopped',
    hint: 'Restart the role; rows that were acknowledged are kept.',
    retry: 'later',
    cause,
  })
}
