import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { errorToJson, KoinonError } from '../errors.ts'
import type { SqlRow, SqlValue, StoreReply, StoreRequest, WireStatement } from './store.ts'

const port = parentPort as MessagePort
const { path, schema } = workerData as { path: string; schema: string }
const database = openDatabase()
const texts: string[] = []
const prepared: (StatementSync | undefined)[] = []
const begin = database.prepare('begin immediate')
const commit = database.prepare('commit')
const mostHeldBytes = 4 * 1_048_576

port.on('message', (first: StoreRequest) => {
  const batch = [first]
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    batch.push(next.message as StoreRequest)
  }
  serve(batch, (replies) => replies.forEach((reply) => port.postMessage(reply)))
  if (batch.some((request) => request.kind === 'close')) {
    database.close()
    port.close()
  }
})

function openDatabase(): DatabaseSync {
  try {
    const opened = new DatabaseSync(path)
    opened.exec('pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000')
    // A page that many commits change goes to the file once a checkpoint; a batch must fit into the cache, or it is written twice.
    opened.exec('pragma wal_autocheckpoint = 4000; pragma cache_size = -8000')
    opened.exec(schema)
    return opened
  } catch (cause) {
    throw new KoinonError({
      code: 'store/open-failed',
      message: `The store ${path} could not be opened: ${(cause as Error).message}`,
      hint: 'Check free disk space and file permissions; if the file is damaged move it away to start empty.',
      cause,
    })
  }
}

/**
 * One transaction for the whole batch; a savepoint per caller so that one bad write does not undo its neighbours. What was read goes out
 * when there is much of it, writes before it committed: callers choose how many read at once, and this thread's heap is small.
 */
function serve(batch: readonly StoreRequest[], send: (replies: readonly StoreReply[]) => void): void {
  let replies: StoreReply[] = []
  let heldBytes = 0
  let sent = 0
  const writers = batch.filter(({ kind }) => kind === 'write').length
  for (const request of batch) texts.push(...(request.texts ?? []))
  let open = false
  const finish = (): void => {
    if (open) commit.run()
    open = false
    sent += replies.length
    send(replies)
    replies = []
    heldBytes = 0
  }
  try {
    for (const request of batch) {
      if (request.kind === 'read') {
        const reply = answer(request.id, () => rowsOf(request.statements[0]))
        replies.push(reply)
        heldBytes += sizeOf(reply)
        if (heldBytes >= mostHeldBytes) finish()
      } else if (request.kind === 'close') replies.push({ id: request.id })
      else {
        if (!open) begin.run()
        open = true
        if (writers === 1) {
          replies.push(answerAlone(request.id, request.statements))
          open = database.isTransaction
        } else replies.push(answer(request.id, () => writeAtomically(request.statements)))
      }
    }
    finish()
  } catch (cause) {
    if (database.isTransaction) database.exec('rollback')
    const error = errorToJson(storeFailed(cause))
    send(batch.slice(sent).map((request) => ({ id: request.id, error })))
  }
}

/** About what the texts and bytes of a reply take. */
function sizeOf({ rows = [] }: StoreReply): number {
  let bytes = 0
  for (const row of rows) for (const value of Object.values(row)) bytes += (value as { length?: number })?.length ?? 8
  return bytes
}

/** The only write of a batch needs no savepoint: when it fails the whole transaction goes. */
function answerAlone(id: number, statements: readonly WireStatement[]): StoreReply {
  return answer(id, () => {
    try {
      for (const statement of statements) run(statement)
      return []
    } catch (cause) {
      if (database.isTransaction) database.exec('rollback')
      throw cause
    }
  })
}

function writeAtomically(statements: readonly WireStatement[]): readonly SqlRow[] {
  database.exec('savepoint caller')
  try {
    for (const statement of statements) run(statement)
    database.exec('release caller')
    return []
  } catch (cause) {
    database.exec('rollback to caller; release caller')
    throw cause
  }
}

function answer(id: number, work: () => readonly SqlRow[]): StoreReply {
  try {
    return { id, rows: work() }
  } catch (cause) {
    return { id, error: errorToJson(storeFailed(cause)) }
  }
}

function run({ text, values }: WireStatement): void {
  statementOf(text).run(...(values as SqlValue[]))
}

function rowsOf({ text, values }: WireStatement): readonly SqlRow[] {
  return statementOf(text)
    .all(...(values as SqlValue[]))
    .map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, narrow(value as SqlRow[string])])),
    )
}

function statementOf(text: number): StatementSync {
  const known = prepared[text]
  if (known !== undefined) return known
  const statement = database.prepare(texts[text] as string)
  statement.setReadBigInts(true)
  prepared[text] = statement
  return statement
}

function narrow(value: SqlRow[string]): SqlRow[string] {
  return typeof value === 'bigint' && value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
    ? Number(value)
    : value
}

function storeFailed(cause: unknown): KoinonError {
  return new KoinonError({
    code: 'store/failed',
    message: `The durable store refused: ${(cause as Error).message}`,
    hint: 'If the disk is full, free some space; nothing acknowledged was lost.',
    retry: 'later',
    cause,
  })
}
