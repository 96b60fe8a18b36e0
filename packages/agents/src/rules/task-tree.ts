/**
 * A tree of tasks and its money (specs/0024-jobs.md section 7). Every unit of the root's budget is at any time in exactly one place:
 * left with a task, in escrow for its job, or paid. Functions return a new tree and never move a unit from nowhere to anywhere.
 */
import { KoinonError } from '@koinon/base'

/** `planned`: waits for a plan or a job. `split`: waits for its children. `hired`: a job runs. `done` and `failed` are for ever. */
export type TaskStatus = 'planned' | 'split' | 'hired' | 'done' | 'failed'

/** Amounts are base units of one token. */
export type Task = {
  readonly id: string
  readonly parentId: string | undefined
  readonly depth: number
  readonly goal: string
  readonly status: TaskStatus
  /** What it was given when it came to be. */
  readonly budgetAtomic: bigint
  readonly leftAtomic: bigint
  readonly escrowAtomic: bigint
  readonly paidAtomic: bigint
  /** Jobs that were begun for it. */
  readonly attempts: number
  readonly childIds: readonly string[]
  /** What it brought: of a job the deliverable, of a split task what was made of its children's. */
  readonly result: string | undefined
}

export type TaskTree = { readonly tasks: Readonly<Record<string, Task>> }
export type ChildPlan = { readonly goal: string; readonly budgetAtomic: bigint }

export const rootTaskId = '0'
export const maximumDepth = 8
export const maximumTasks = 256

/** A tree of one task with all the money. */
export function createTaskTree(goal: string, budgetAtomic: bigint): TaskTree {
  if (budgetAtomic < 0n) throw refused('the budget is below zero')
  return { tasks: { [rootTaskId]: newTask(rootTaskId, undefined, 0, goal, budgetAtomic) } }
}

/** Atomize and plan: gives parts of what is left of a planned task to children. What they do not get stays with it. */
export function splitTask(tree: TaskTree, id: string, children: readonly ChildPlan[]): TaskTree {
  const task = taskIn(tree, id, 'planned')
  if (children.length === 0) throw refused(`task ${id} is split into nothing`)
  if (task.depth + 1 > maximumDepth) throw refused(`task ${id} is at the greatest depth`)
  if (Object.keys(tree.tasks).length + children.length > maximumTasks) throw refused('the tree has too many tasks')
  if (children.some(({ budgetAtomic }) => budgetAtomic < 0n)) throw refused('a budget is below zero')
  const given = children.reduce((sum, { budgetAtomic }) => sum + budgetAtomic, 0n)
  if (given > task.leftAtomic) throw refused(`the children of ${id} would get ${given} of ${task.leftAtomic}`)
  const made = children.map(({ goal, budgetAtomic }, index) =>
    newTask(`${id}.${index}`, id, task.depth + 1, goal, budgetAtomic),
  )
  const parent: Task = {
    ...task,
    status: 'split',
    leftAtomic: task.leftAtomic - given,
    childIds: made.map((child) => child.id),
  }
  return put(tree, parent, ...made)
}

/** Execute: what a job costs goes from what is left of a planned task into escrow. */
export function hireFor(tree: TaskTree, id: string, priceAtomic: bigint): TaskTree {
  const task = taskIn(tree, id, 'planned')
  if (priceAtomic <= 0n) throw refused('a job costs more than nothing')
  if (priceAtomic > task.leftAtomic) throw refused(`a job for ${priceAtomic} was asked of ${task.leftAtomic}`)
  const left = { leftAtomic: task.leftAtomic - priceAtomic, escrowAtomic: priceAtomic }
  return put(tree, { ...task, ...left, status: 'hired', attempts: task.attempts + 1 })
}

/** The job was completed: its escrow is paid, and what is left goes back to the parent. */
export function payTask(tree: TaskTree, id: string, result: string): TaskTree {
  const task = taskIn(tree, id, 'hired')
  const paid: Task = { ...task, status: 'done', escrowAtomic: 0n, paidAtomic: task.escrowAtomic, result }
  return close(tree, paid)
}

/** The job came to nothing: its escrow is back, and somebody else can be hired. */
export function refundTask(tree: TaskTree, id: string): TaskTree {
  const task = taskIn(tree, id, 'hired')
  return put(tree, {
    ...task,
    status: 'planned',
    escrowAtomic: 0n,
    leftAtomic: task.leftAtomic + task.escrowAtomic,
  })
}

/** Aggregate: a split task of which every child is done is done, with what was made of their results. */
export function aggregateTask(tree: TaskTree, id: string, result: string): TaskTree {
  const task = taskIn(tree, id, 'split')
  if (!isReadyToAggregate(tree, id)) throw refused(`a child of ${id} is not done`)
  return close(tree, { ...task, status: 'done', result })
}

/** Gives up a task on which no job runs, or all of whose children are over; what is left goes back to the parent. */
export function failTask(tree: TaskTree, id: string): TaskTree {
  const task = tree.tasks[id]
  const isOpen = task?.status === 'planned' || (task?.status === 'split' && childrenOf(tree, id).every(isOver))
  if (task === undefined || !isOpen) throw refused(`task ${id} cannot be given up now`)
  return close(tree, { ...task, status: 'failed' })
}

/** True for a split task of which every child is done. */
export function isReadyToAggregate(tree: TaskTree, id: string): boolean {
  return tree.tasks[id]?.status === 'split' && childrenOf(tree, id).every(({ status }) => status === 'done')
}

/** Children in the order of the plan. */
export function childrenOf(tree: TaskTree, id: string): readonly Task[] {
  return (tree.tasks[id]?.childIds ?? []).map((child) => tree.tasks[child] as Task)
}

/** Where the money is; the three sum to the root's budget, always. */
export function moneyOf(tree: TaskTree): {
  readonly leftAtomic: bigint
  readonly escrowAtomic: bigint
  readonly paidAtomic: bigint
} {
  const tasks = Object.values(tree.tasks)
  const sum = (part: 'leftAtomic' | 'escrowAtomic' | 'paidAtomic') =>
    tasks.reduce((total, task) => total + task[part], 0n)
  return { leftAtomic: sum('leftAtomic'), escrowAtomic: sum('escrowAtomic'), paidAtomic: sum('paidAtomic') }
}

/** True when not a unit was made or lost. */
export function isConserved(tree: TaskTree): boolean {
  const { leftAtomic, escrowAtomic, paidAtomic } = moneyOf(tree)
  const root = tree.tasks[rootTaskId] as Task
  const isNegative = Object.values(tree.tasks).some((task) => task.leftAtomic < 0n || task.escrowAtomic < 0n)
  return !isNegative && leftAtomic + escrowAtomic + paidAtomic === root.budgetAtomic
}

function newTask(id: string, parentId: string | undefined, depth: number, goal: string, budgetAtomic: bigint): Task {
  const money = { budgetAtomic, leftAtomic: budgetAtomic, escrowAtomic: 0n, paidAtomic: 0n }
  return { id, parentId, depth, goal, status: 'planned', ...money, attempts: 0, childIds: [], result: undefined }
}

function isOver({ status }: Task): boolean {
  return status === 'done' || status === 'failed'
}

/** The root keeps what is left; any other task gives it back. */
function close(tree: TaskTree, task: Task): TaskTree {
  const parent = task.parentId === undefined ? undefined : tree.tasks[task.parentId]
  if (parent === undefined) return put(tree, task)
  return put(tree, { ...task, leftAtomic: 0n }, { ...parent, leftAtomic: parent.leftAtomic + task.leftAtomic })
}

function taskIn(tree: TaskTree, id: string, status: TaskStatus): Task {
  const task = tree.tasks[id]
  if (task === undefined) throw refused(`there is no task ${id}`)
  if (task.status !== status) throw refused(`task ${id} is ${task.status}, not ${status}`)
  return task
}

function put(tree: TaskTree, ...tasks: readonly Task[]): TaskTree {
  return { tasks: { ...tree.tasks, ...Object.fromEntries(tasks.map((task) => [task.id, task])) } }
}

function refused(problem: string): KoinonError {
  return new KoinonError({ code: 'agents/bad-task-step', message: `The task tree cannot do that: ${problem}` })
}
