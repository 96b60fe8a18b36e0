import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  aggregateTask,
  createTaskTree,
  failTask,
  hireFor,
  isConserved,
  isReadyToAggregate,
  maximumDepth,
  moneyOf,
  payTask,
  refundTask,
  rootTaskId,
  splitTask,
  type TaskTree,
} from './task-tree.ts'

const refused = expect.objectContaining({ code: 'agents/bad-task-step' })

describe('a task tree', () => {
  it('gives children no more than is left, and takes back what they do not need', () => {
    const tree = splitTask(createTaskTree('a book', 100n), rootTaskId, [
      { goal: 'chapter 1', budgetAtomic: 60n },
      { goal: 'chapter 2', budgetAtomic: 33n },
    ])
    expect(tree.tasks[rootTaskId]).toMatchObject({ leftAtomic: 7n, status: 'split' })
    const paid = payTask(hireFor(tree, '0.0', 41n), '0.0', 'words')
    expect(paid.tasks[rootTaskId]).toMatchObject({ leftAtomic: 26n })
    expect(moneyOf(paid)).toEqual({ leftAtomic: 59n, escrowAtomic: 0n, paidAtomic: 41n })
    expect(isReadyToAggregate(paid, rootTaskId)).toBe(false)
    const done = aggregateTask(payTask(hireFor(paid, '0.1', 33n), '0.1', 'more words'), rootTaskId, 'the book')
    expect(done.tasks[rootTaskId]).toMatchObject({ status: 'done', leftAtomic: 26n, result: 'the book' })
    expect(isConserved(done)).toBe(true)
  })

  it('hires again after a refund, with all of the money', () => {
    const hired = hireFor(createTaskTree('x', 10n), rootTaskId, 10n)
    const again = hireFor(refundTask(hired, rootTaskId), rootTaskId, 10n)
    expect(again.tasks[rootTaskId]).toMatchObject({ attempts: 2, escrowAtomic: 10n, leftAtomic: 0n })
  })

  it('refuses what would make money or lose it', () => {
    const tree = createTaskTree('x', 10n)
    const split = splitTask(tree, rootTaskId, [{ goal: 'y', budgetAtomic: 4n }])
    for (const step of [
      () => splitTask(tree, rootTaskId, [{ goal: 'y', budgetAtomic: 11n }]),
      () =>
        splitTask(tree, rootTaskId, [
          { goal: 'y', budgetAtomic: 20n },
          { goal: 'z', budgetAtomic: -10n },
        ]),
      () => splitTask(tree, rootTaskId, []),
      () => hireFor(tree, rootTaskId, 11n),
      () => hireFor(tree, rootTaskId, 0n),
      () => payTask(tree, rootTaskId, ''),
      () => refundTask(tree, rootTaskId),
      () => hireFor(split, rootTaskId, 1n),
      () => aggregateTask(split, rootTaskId, ''),
      () => failTask(split, rootTaskId),
      () => failTask(hireFor(split, '0.0', 1n), '0.0'),
      () => payTask(payTask(hireFor(tree, rootTaskId, 1n), rootTaskId, ''), rootTaskId, ''),
      () => createTaskTree('x', -1n),
    ])
      expect(step).toThrow(refused)
  })

  it('does not grow without end', () => {
    let tree = createTaskTree('x', 1n)
    let id = rootTaskId
    for (let depth = 0; depth < maximumDepth; depth++) {
      tree = splitTask(tree, id, [{ goal: 'y', budgetAtomic: 1n }])
      id = `${id}.0`
    }
    expect(() => splitTask(tree, id, [{ goal: 'y', budgetAtomic: 1n }])).toThrow(refused)
    const many = Array.from({ length: 256 }, () => ({ goal: 'y', budgetAtomic: 0n }))
    expect(() => splitTask(createTaskTree('x', 1n), rootTaskId, many)).toThrow(refused)
  })

  it('conserves every unit under any moves', () => {
    const move = fc.record({ kind: fc.nat(5), pick: fc.nat(), amount: fc.bigInt({ min: 0n, max: 1_000n }) })
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1_000n }), fc.array(move, { maxLength: 60 }), (budget, moves) => {
        let tree = createTaskTree('x', budget)
        for (const each of moves) {
          const ids = Object.keys(tree.tasks)
          const id = ids[each.pick % ids.length] as string
          tree = tried(tree, id, each)
          expect(isConserved(tree)).toBe(true)
          for (const task of Object.values(tree.tasks)) {
            const given = task.childIds.reduce((sum, child) => sum + (tree.tasks[child]?.budgetAtomic ?? 0n), 0n)
            expect(given <= task.budgetAtomic).toBe(true)
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})

function tried(tree: TaskTree, id: string, { kind, amount }: { kind: number; amount: bigint }): TaskTree {
  const goal = 'y'
  const moves = [
    () =>
      splitTask(tree, id, [
        { goal, budgetAtomic: amount / 2n },
        { goal, budgetAtomic: amount / 3n },
      ]),
    () => hireFor(tree, id, amount),
    () => payTask(tree, id, 'r'),
    () => refundTask(tree, id),
    () => aggregateTask(tree, id, 'r'),
    () => failTask(tree, id),
  ]
  try {
    return (moves[kind] as () => TaskTree)()
  } catch {
    return tree
  }
}
