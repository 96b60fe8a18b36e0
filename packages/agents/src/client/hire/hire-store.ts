/** What a hire tree keeps before it acts: the tree, and each attempt to hire with terms and quote. */
import type { DurableStore, SqlStatement } from '@koinon/base/node'
import { parseQuote, quoteToJson, type SignedQuote } from '@koinon/work'
import type { JobTerms } from '../../rules/job.ts'
import { parseTerms, termsToJson } from '../../rules/job-terms-json.ts'
import type { Task, TaskTree } from '../../rules/task-tree.ts'

/** Tables of hire trees, for the store that they are given. */
export const hireSchema = `
  create table if not exists hire_trees (id text primary key, tree text not null) strict;
  create table if not exists hire_attempts (
    tree text not null, task text not null, attempt integer not null, terms text not null, quote text not null,
    job_id text, is_over integer not null, primary key (tree, task, attempt)
  ) strict;
`

/** `jobId` is undefined until the ledger said that the quote was taken. */
export type HireAttempt = {
  readonly taskId: string
  readonly attempt: number
  readonly terms: JobTerms
  readonly quote: SignedQuote
  readonly jobId: bigint | undefined
  readonly isOver: boolean
}

/** Undefined when there is no such tree yet. */
export async function loadTree(store: DurableStore, treeId: string): Promise<TaskTree | undefined> {
  const [row] = await store.read('select tree from hire_trees where id = ?', [treeId])
  return row === undefined ? undefined : treeFromJson(String(row.tree))
}

export async function loadAttempts(store: DurableStore, treeId: string): Promise<readonly HireAttempt[]> {
  const rows = await store.read('select * from hire_attempts where tree = ? order by task, attempt', [treeId])
  return rows.map((row) => ({
    taskId: String(row.task),
    attempt: Number(row.attempt),
    terms: parseTerms(String(row.terms)),
    quote: parseQuote(JSON.parse(String(row.quote))),
    jobId: row.job_id === null ? undefined : BigInt(row.job_id as string),
    isOver: Number(row.is_over) === 1,
  }))
}

export function saveTree(treeId: string, tree: TaskTree): SqlStatement {
  return {
    sql: 'insert into hire_trees (id, tree) values (?, ?) on conflict (id) do update set tree = excluded.tree',
    values: [treeId, treeToJson(tree)],
  }
}

export function saveAttempt(
  treeId: string,
  { taskId, attempt, terms, quote, jobId, isOver }: HireAttempt,
): SqlStatement {
  return {
    sql: `insert into hire_attempts (tree, task, attempt, terms, quote, job_id, is_over) values (?, ?, ?, ?, ?, ?, ?)
      on conflict (tree, task, attempt) do update set job_id = excluded.job_id, is_over = excluded.is_over`,
    values: [
      treeId,
      taskId,
      attempt,
      termsToJson(terms),
      JSON.stringify(quoteToJson(quote)),
      jobId === undefined ? null : `${jobId}`,
      isOver ? 1 : 0,
    ],
  }
}

const amounts = ['budgetAtomic', 'leftAtomic', 'escrowAtomic', 'paidAtomic'] as const satisfies readonly (keyof Task)[]

function treeToJson(tree: TaskTree): string {
  return JSON.stringify(tree, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))
}

function treeFromJson(text: string): TaskTree {
  const { tasks } = JSON.parse(text) as { tasks: Record<string, Record<string, unknown>> }
  const read = (task: Record<string, unknown>): Task =>
    ({
      parentId: undefined,
      result: undefined,
      ...task,
      ...Object.fromEntries(amounts.map((name) => [name, BigInt(task[name] as string)])),
    }) as unknown as Task
  return { tasks: Object.fromEntries(Object.entries(tasks).map(([id, task]) => [id, read(task)])) }
}
