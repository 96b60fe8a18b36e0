import { describe, expect, it } from 'vitest'
import { Capacity } from './capacity.ts'

const { signal } = new AbortController()

describe('Capacity', () => {
  it('hands places on in order and frees each once', async () => {
    const capacity = new Capacity({ places: 1, queue: 2 })
    const { signal } = new AbortController()
    const order: string[] = []
    const leave = await capacity.enter('a', signal)
    const second = capacity.enter('a', signal).then((free) => (order.push('second'), free))
    const third = capacity.enter('a', signal).then((free) => (order.push('third'), free))
    await expect(capacity.enter('a', signal)).rejects.toMatchObject({ code: 'openai/capacity_exhausted' })
    leave()
    leave()
    ;(await second)()
    ;(await third)()
    expect([order, capacity.taken, capacity.waiting]).toEqual([['second', 'third'], 0, 0])
  })

  it('lets those go who give up waiting', async () => {
    const capacity = new Capacity({ places: 1, queue: 1 })
    const leave = await capacity.enter('a', new AbortController().signal)
    const impatient = new AbortController()
    const waiting = capacity.enter('a', impatient.signal)
    impatient.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    leave()
    expect([capacity.taken, capacity.waiting]).toEqual([0, 0])
  })

  it('serves payers in turn, so that a flood of one delays another by one answer', async () => {
    const capacity = new Capacity({ places: 1, queue: 8 })
    const order: string[] = []
    const enter = (payer: string, name: string) =>
      capacity.enter(payer, signal).then((leave) => {
        order.push(name)
        leave()
      })
    const leave = await capacity.enter('flood', signal)
    const all = [1, 2, 3, 4].map((count) => enter('flood', `flood ${count}`))
    all.push(enter('a', 'a 1'), enter('a', 'a 2'), enter('b', 'b 1'))
    leave()
    await Promise.all(all)
    expect(order).toEqual(['flood 1', 'a 1', 'b 1', 'flood 2', 'a 2', 'flood 3', 'flood 4'])
  })

  it('gives a full line to nobody alone: whoever has most waiting makes room for others', async () => {
    const capacity = new Capacity({ places: 1, queue: 4 })
    const leave = await capacity.enter('flood', signal)
    const flood = [1, 2, 3, 4].map(() => capacity.enter('flood', signal))
    await expect(capacity.enter('flood', signal)).rejects.toMatchObject({ code: 'openai/capacity_exhausted' })
    const honest = [capacity.enter('honest', signal), capacity.enter('honest', signal)]
    // The newest of the flood hear that it is busy; nothing was done for them.
    for (const displaced of flood.slice(2)) {
      await expect(displaced).rejects.toMatchObject({ code: 'openai/capacity_exhausted' })
    }
    await expect(capacity.enter('honest', signal)).rejects.toMatchObject({ code: 'openai/capacity_exhausted' })
    leave()
    for (const waiting of [flood[0], honest[0], flood[1], honest[1]]) (await waiting)?.()
    expect([capacity.taken, capacity.waiting]).toEqual([0, 0])
  })
})
