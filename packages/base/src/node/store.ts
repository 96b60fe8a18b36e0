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

/** A statement on its way to the worker: the number of its text, and its values. Each text travels once, in `texts`. */
export type WireStatement = { readonly text: number; readonly values: readonly SqlValue[] }
type Work =
  | { readonly kind: 'write'; readonly statements: readonly WireStatement[] }
  | { readonly kind: 'read'; readonly statements: readonly [WireStatement] }
  | { readonly kind: 'close' }
/** `texts` are those that the worker has not heard of yet, numbered on from the last. */
export type StoreRequest = Work & { readonly id: number; readonly texts?: readonly string[] }
export type StoreReply = { readonly id: number; readonly rows?: readonly SqlRow[]; readonly error?: ErrorJson }

type Waiter = { resolve(rows: readonly SqlRow[]): void; reject(error: Error): void }

/** Opened by `DurableStore.open`; integers come back as numbers when safe, else bigints. */
export class DurableStore {
  readonly #worker: Worker
  readonly #waiters = new Map<number, Waiter>()
  readonly #texts = new Map<string, number>()
  #newTexts: string[] = []
  #nextId = 1
  #failure: Error | undefined
  #onLost: ((error: Error) => void) | undefined

  private constructor(worker: Worker) {
    this.#worker = worker
    worker.on('message', (reply: StoreReply) => this.#settle(reply))
    worker.on('error', (cause) => this.#fail(storeLost(cause)))
    worker.on('exit', () => this.#fail(storeLost(undefined)))
  }

  /**
   * Opens or creates the file and applies `schema` (idempotent `create ... if not exists` statements). A store that stops by itself does
   * not come back: `onLost` hears of it once, so that whoever cannot work without it ends. Throws `store/*`.
   */
  static async open(path: string, schema: string, onLost?: (error: Error) => void): Promise<DurableStore> {
    const worker = new Worker(new URL(workerFile, import.meta.url), {
      workerData: { path, schema },
      execArgv: ['--disable-warning=ExperimentalWarning'],
      resourceLimits: { maxOldGenerationSizeMb: 64 },
    })
    const store = new DurableStore(worker)
    await store.read('select 1')
    store.#onLost = onLost
    return store
  }

  /** Applies the statements atomically; resolves when they are durable. If one fails none is kept and only this caller hears of it. */
  async write(statements: readonly SqlStatement[]): Promise<void> {
    await this.#ask({ kind: 'write', statements: statements.map((statement) => this.#wire(statement)) })
  }

  /** Rows of one query; sees every write that was sent before it. */
  read(sql: string, values: readonly SqlValue[] = []): Promise<readonly SqlRow[]> {
    return this.#ask({ kind: 'read', statements: [this.#wire({ sql, values })] })
  }

  /** Waits for writes under way and closes the file. */
  async close(): Promise<void> {
    if (this.#failure !== undefined) return
    await this.#ask({ kind: 'close' })
    this.#failure = new KoinonError({ code: 'store/closed', message: 'The store is closed' })
    await this.#worker.terminate()
  }

  #wire({ sql, values = [] }: SqlStatement): WireStatement {
    let text = this.#texts.get(sql)
    if (text === undefined) {
      text = this.#texts.size
      this.#texts.set(sql, text)
      this.#newTexts.push(sql)
    }
    return { text, values }
  }

  #ask(work: Work): Promise<readonly SqlRow[]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const id = this.#nextId++
    const request: StoreRequest = this.#newTexts.length === 0 ? { ...work, id } : { ...work, id, texts: this.#newTexts }
    return new Promise((resolve, reject) => {
      // Throws on values that cannot travel; then the worker has not heard the new texts either.
      this.#worker.postMessage(request)
      this.#newTexts = []
      this.#waiters.set(id, { resolve, reject })
    })
  }

  #settle(reply: StoreReply): void {
    const waiter = this.#waiters.get(reply.id)
    this.#waiters.delete(reply.id)
    if (reply.error !== undefined) waiter?.reject(errorFromJson(reply.error))
    else waiter?.resolve(reply.rows ?? [])
  }

  #fail(error: Error): void {
    if (this.#failure === undefined) this.#onLost?.(error)
    this.#failure ??= error
    for (const waiter of this.#waiters.values()) waiter.reject(this.#failure)
    this.#waiters.clear()
  }
}

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
