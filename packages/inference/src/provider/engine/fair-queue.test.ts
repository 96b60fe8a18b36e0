import { describe, expect, it } from 'vitest'
import { FairQueue } from './fair-queue.ts'

const drain = (queue: FairQueue<string>) => {
  const items: string[] = []
  for (let item = queue.take(); item !== undefined; item = queue.take()) items.push(item)
  return items
}

describe('FairQueue', () => {
  it('takes callers in turn, each in its own order', () => {
    const queue = new FairQueue<string>(10, 10)
    for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) queue.add(item[0] as string, item)
    expect(drain(queue)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3'])
    expect(queue.size).toBe(0)
  })

  it('is bounded in all and for each caller', () => {
    const queue = new FairQueue<string>(3, 2)
    expect(['a1', 'a2', 'a3', 'b1', 'c1'].map((item) => queue.add(item[0] as string, item))).toEqual([
      true,
      true,
      false,
      true,
      false,
    ])
    expect(queue.size).toBe(3)
  })

  it('lets an item leave', () => {
    const queue = new FairQueue<string>(3, 3)
    queue.add('a', 'a1')
    queue.add('a', 'a2')
    expect(queue.remove('a', 'a1')).toBe(true)
    expect(queue.remove('a', 'a1')).toBe(false)
    expect(queue.remove('b', 'b1')).toBe(false)
    expect(drain(queue)).toEqual(['a2'])
  })
})
