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

  it('lets nobody hold a full queue against others', () => {
    const queue = new FairQueue<string>(4, 4)
    const push = (item: string) => queue.push(item[0] as string, item)
    expect(['a1', 'a2', 'a3', 'a4'].map((item) => push(item).isAdded)).toEqual([true, true, true, true])
    expect([push('a5'), push('b1'), push('b2'), push('b3'), push('a6')]).toEqual([
      { isAdded: false },
      { isAdded: true, displaced: 'a4' },
      { isAdded: true, displaced: 'a3' },
      // Two each: nobody has more than the other would have.
      { isAdded: false },
      { isAdded: false },
    ])
    expect(push('c1')).toEqual({ isAdded: true, displaced: 'a2' })
    expect(push('d1')).toEqual({ isAdded: true, displaced: 'b2' })
    expect([push('e1'), queue.size]).toEqual([{ isAdded: false }, 4])
    expect(drain(queue)).toEqual(['a1', 'b1', 'c1', 'd1'])
  })

  it('keeps the bound of each caller, also where places are free', () => {
    const queue = new FairQueue<string>(4, 1)
    expect([queue.push('a', 'a1'), queue.push('a', 'a2'), queue.size]).toEqual([
      { isAdded: true },
      { isAdded: false },
      1,
    ])
  })

  it('never holds more than its places, and refuses nobody who holds less than others', () => {
    // Every order of six comers among three callers.
    for (let order = 0; order < 3 ** 6; order++) {
      for (const places of [1, 2, 3, 4]) {
        const queue = new FairQueue<string>(places, places)
        const held: string[] = []
        const count = (caller: string) => held.filter((each) => each === caller).length
        for (let step = 0; step < 6; step++) {
          const caller = 'abc'[Math.floor(order / 3 ** step) % 3] as string
          const { isAdded, displaced } = queue.push(caller, caller)
          if (displaced !== undefined) held.splice(held.lastIndexOf(displaced), 1)
          if (isAdded) held.push(caller)
          const most = Math.max(...[...'abc'].map(count))
          expect([held.length <= places, queue.size]).toEqual([true, held.length])
          expect(isAdded || most <= count(caller) + 1).toBe(true)
        }
      }
    }
  })

  it('offers in turns and passes over what does not suit', () => {
    const queue = new FairQueue<string>(10, 10)
    for (const item of ['a1', 'a2', 'b1', 'b2', 'c1']) queue.add(item[0] as string, item)
    const offered: string[] = []
    let places = 3
    queue.offer((item) => {
      offered.push(item)
      return item !== 'a1' && item !== 'c1' && places-- > 0
    })
    // Each is offered once: what does not suit now will not suit before another place is free.
    expect(offered).toEqual(['a1', 'a2', 'b1', 'c1', 'b2'])
    expect(drain(queue)).toEqual(['c1', 'a1'])
  })
})
