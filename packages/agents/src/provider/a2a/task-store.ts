import { type ListTasksRequest, type ListTasksResponse, Task, TaskState } from '@a2a-js/sdk'
import { RequestMalformedError } from '@a2a-js/sdk/errors'
import type { ServerCallContext, TaskStore } from '@a2a-js/sdk/server'
import type { DurableStore, SqlRow, SqlStatement, SqlValue } from '@koinon/base/node'

/** Idempotent; one file may hold other tables beside them. */
export const taskStoreSchema = `
create table if not exists a2a_tasks (
  id text primary key,
  owner text not null,
  context text not null,
  state integer not null,
  at_ms integer not null,
  json text not null
);
create index if not exists a2a_tasks_owner on a2a_tasks (owner, at_ms desc, id desc);
create table if not exists a2a_runs (id text primary key, count integer not null, is_running integer not null);
create table if not exists a2a_callers (id text primary key, network text not null);
`

/** States from which nothing follows. */
export const endStates: readonly TaskState[] = [
  TaskState.TASK_STATE_COMPLETED,
  TaskState.TASK_STATE_FAILED,
  TaskState.TASK_STATE_CANCELED,
  TaskState.TASK_STATE_REJECTED,
]

const pruneEvery = 64
/** Whoever asks need not pay, and a task holds what was asked: 256 MB. */
const defaultBytes = 256 << 20
/** Key of a call's state: the network that it came from. */
export const callerNetwork = 'network'

/**
 * Tasks on disk before anybody hears of them. A caller sees the tasks that it began, and those of callers without a name by their id,
 * which nobody can guess. Of tasks that nobody works on `maximumTasks` are kept, as far as they fit into `maximumBytes`: every network has
 * as much room as every other, in it every caller as much as every other, and of one caller the newest stay. A name costs a caller
 * nothing, a network does, so that no stranger pushes out what others began.
 */
export class DurableTaskStore implements TaskStore {
  readonly #store: DurableStore
  readonly #nowMs: () => number
  readonly #maximumTasks: number
  readonly #maximumBytes: number
  #saves = 0

  constructor(options: {
    readonly store: DurableStore
    readonly nowMs: () => number
    readonly maximumTasks?: number
    readonly maximumBytes?: number
  }) {
    this.#store = options.store
    this.#nowMs = options.nowMs
    this.#maximumTasks = options.maximumTasks ?? 10_000
    this.#maximumBytes = options.maximumBytes ?? defaultBytes
  }

  async save(task: Task, context: ServerCallContext): Promise<void> {
    const json = JSON.stringify(Task.toJSON(task))
    await this.#store.write([
      {
        sql: `insert into a2a_tasks (id, owner, context, state, at_ms, json) values (?, ?, ?, ?, ?, ?)
              on conflict (id) do update set state = excluded.state, at_ms = excluded.at_ms, json = excluded.json`,
        values: [task.id, ownerOf(context), task.contextId, task.status?.state ?? 0, this.#nowMs(), json],
      },
      {
        sql: 'insert into a2a_callers (id, network) values (?, ?) on conflict (id) do nothing',
        values: [task.id, String(context.state.get(callerNetwork) ?? ownerOf(context))],
      },
      ...(++this.#saves % pruneEvery === 0 ? this.#prune() : []),
    ])
  }

  async load(id: string, context: ServerCallContext): Promise<Task | undefined> {
    const [row] = await this.#store.read('select owner, json from a2a_tasks where id = ?', [id])
    if (row === undefined) return undefined
    const isTheirs = row['owner'] === ownerOf(context) || !String(row['owner']).startsWith(namedOwner)
    return isTheirs ? taskOf(row) : undefined
  }

  async list(params: ListTasksRequest, context: ServerCallContext): Promise<ListTasksResponse> {
    const pageSize = params.pageSize ?? 50
    if (pageSize < 1 || pageSize > 100) throw new RequestMalformedError('pageSize is 1 to 100')
    if ((params.historyLength ?? 0) < 0) throw new RequestMalformedError('historyLength is 0 or more')
    const where = ['owner = ?']
    const values: SqlValue[] = [ownerOf(context)]
    const narrow = (clause: string, ...further: SqlValue[]): void => {
      where.push(clause)
      values.push(...further)
    }
    if (params.contextId !== '') narrow('context = ?', params.contextId)
    if (params.status !== TaskState.TASK_STATE_UNSPECIFIED) narrow('state = ?', params.status)
    if (params.statusTimestampAfter !== undefined) narrow('at_ms >= ?', momentOf(params.statusTimestampAfter))
    const [counted] = await this.#store.read(`select count(*) as n from a2a_tasks where ${where.join(' and ')}`, [
      ...values,
    ])
    if (params.pageToken !== '') {
      const [atMs, id] = cursorOf(params.pageToken)
      narrow('(at_ms, id) < (?, ?)', atMs, id)
    }
    const rows = await this.#store.read(
      `select id, at_ms, json from a2a_tasks where ${where.join(' and ')} order by at_ms desc, id desc limit ?`,
      [...values, pageSize + 1],
    )
    const page = rows.slice(0, pageSize)
    const last = page.at(-1)
    return {
      tasks: page.map((row) => shown(taskOf(row), params)),
      nextPageToken: rows.length > pageSize && last !== undefined ? tokenOf(last) : '',
      pageSize: page.length,
      totalSize: Number(counted?.['n'] ?? 0),
    }
  }

  /** Tasks that were being worked on when the process ended, or were about to be, with who began them and how often they were run. */
  async unfinished(): Promise<readonly { readonly task: Task; readonly owner: string; readonly runs: number }[]> {
    const rows = await this.#store.read(
      `select t.json as json, t.owner as owner, coalesce(r.count, 0) as runs from a2a_tasks t left join a2a_runs r on r.id = t.id
       where t.state in (?, ?) and coalesce(r.is_running, 1) = 1 order by t.at_ms`,
      [TaskState.TASK_STATE_SUBMITTED, TaskState.TASK_STATE_WORKING],
    )
    return rows.map((row) => ({ task: taskOf(row), owner: String(row['owner']), runs: Number(row['runs']) }))
  }

  /** Counts a run, durably, before it begins. A run for a new message begins to count anew. */
  async beginRun(id: string, isSecondRun: boolean): Promise<void> {
    const count = isSecondRun ? 'count + 1' : '1'
    await this.#store.write([
      {
        sql: `insert into a2a_runs (id, count, is_running) values (?, 1, 1)
              on conflict (id) do update set count = ${count}, is_running = 1`,
        values: [id],
      },
    ])
  }

  /** The run has come to an outcome, which is kept with the task. */
  async endRun(id: string): Promise<void> {
    await this.#store.write([{ sql: 'update a2a_runs set is_running = 0 where id = ?', values: [id] }])
  }

  /** Idle tasks in the order of what each caller and each network has beside them; what comes after the bounds goes. */
  #prune(): readonly SqlStatement[] {
    const idle = `state in (${endStates.join(', ')}) or coalesce(is_running, 1) = 0`
    return [
      {
        sql: `delete from a2a_tasks where id in (
                with idle as (
                  select t.id, t.owner, coalesce(c.network, t.owner) as network, t.at_ms, length(t.json) as size
                  from a2a_tasks t left join a2a_callers c on c.id = t.id left join a2a_runs r on r.id = t.id where ${idle}),
                callers as (
                  select *, row_number() over w as caller_place, sum(size) over w as caller_bytes
                  from idle window w as (partition by network, owner order by at_ms desc, id)),
                networks as (
                  select *, row_number() over (partition by network order by caller_place, at_ms desc, id) as place,
                    sum(size) over (partition by network order by caller_bytes, at_ms desc, id) as bytes from callers),
                ranked as (
                  select id, row_number() over (order by place, at_ms desc, id) as place,
                    sum(size) over (order by bytes, at_ms desc, id) as bytes from networks)
                select id from ranked where place > ? or bytes > ?)`,
        values: [this.#maximumTasks, this.#maximumBytes],
      },
      { sql: 'delete from a2a_runs where id not in (select id from a2a_tasks)' },
      { sql: 'delete from a2a_callers where id not in (select id from a2a_tasks)' },
    ]
  }
}

/** Marks owners that proved who they are; the others are known by where they call from. */
export const namedOwner = 'key:'

function ownerOf(context: ServerCallContext): string {
  return context.user?.userName ?? ''
}

function taskOf(row: SqlRow): Task {
  return Task.fromJSON(JSON.parse(String(row['json'])))
}

function shown(task: Task, { historyLength, includeArtifacts }: ListTasksRequest): Task {
  const history =
    historyLength === undefined ? task.history : historyLength === 0 ? [] : task.history.slice(-historyLength)
  return { ...task, history, artifacts: includeArtifacts === true ? task.artifacts : [] }
}

function momentOf(text: string): number {
  const atMs = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(atMs)) throw new RequestMalformedError('statusTimestampAfter is no point in time')
  return atMs
}

function tokenOf(row: SqlRow): string {
  return Buffer.from(JSON.stringify([row['at_ms'], row['id']])).toString('base64url')
}

function cursorOf(token: string): readonly [number, string] {
  try {
    const [atMs, id] = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as [unknown, unknown]
    if (Number.isSafeInteger(atMs) && typeof id === 'string') return [atMs as number, id]
  } catch {
    // Falls through to the refusal below.
  }
  throw new RequestMalformedError('pageToken is none of ours')
}
