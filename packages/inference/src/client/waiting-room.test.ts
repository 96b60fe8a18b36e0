import { describe, expect, it } from 'vitest'
import { WaitingRoom } from './waiting-room.ts'

const never = new AbortController().signal

/** A model whose free places a test counts. */
function places(name: string) {
  const state = { free: 0 }
  return { state, take: () => (state.free > 0 ? (state.free--, name) : undefined) }
}

describe('WaitingRoom', () => {
  it('lets in whoever came first, and passes over those for whom nothing is free', async () => {
    const room = new WaitingRoom({ places: 10 })
    const [busy, quiet] = [places('busy'), places('quiet')]
    const order: string[] = []
    const wait = (who: string, model: typeof busy) =>
      room.wait('payer', model.take, 60_000, never).then((place) => order.push(`${who} ${place}`))
    const all = [wait('a', busy), wait('b', busy), wait('c', quiet), wait('d', busy)]
    quiet.state.free = 1
    room.look()
    busy.state.free = 2
    room.look()
    await Promise.all(all.slice(0, 3))
    expect([order, room.waiting]).toEqual([['c quiet', 'a busy', 'b busy'], 1])
    busy.state.free = 1
    // Nobody calls: a pause that ends frees a place too.
    await all[3]
    expect([order.at(-1), room.waiting]).toEqual(['d busy', 0])
  })

  it('ends with nothing when the time is up, the guest goes, or there is no time at all', async () => {
    const room = new WaitingRoom({ places: 2 })
    const leave = new AbortController()
    const take = () => undefined
    const gone = room.wait('payer', take, 60_000, leave.signal)
    const late = room.wait('payer', take, 5, never)
    expect(await room.wait('payer', take, 60_000, never)).toBeUndefined()
    expect(room.waiting).toBe(2)
    leave.abort()
    expect(await Promise.all([gone, late])).toEqual([undefined, undefined])
    expect(await room.wait('payer', take, 0, never)).toBeUndefined()
    expect(await room.wait('payer', take, 60_000, leave.signal)).toBeUndefined()
    expect(room.waiting).toBe(0)
  })

  it('takes payers in turn, and lets none of them hold a full line', async () => {
    const room = new WaitingRoom({ places: 4 })
    const model = places('place')
    const order: string[] = []
    const wait = (payer: string, name: string) =>
      room
        .wait(payer, model.take, 60_000, never)
        .then((place) => order.push(place === undefined ? `${name} out` : name))
    const flood = [1, 2, 3, 4].map((count) => wait('flood', `flood ${count}`))
    const honest = [wait('a', 'a'), wait('b', 'b')]
    await Promise.all(flood.slice(2))
    expect([order, room.waiting]).toEqual([['flood 4 out', 'flood 3 out'], 4])
    model.state.free = 4
    room.look()
    await Promise.all([...flood, ...honest])
    expect(order.slice(2)).toEqual(['flood 1', 'a', 'b', 'flood 2'])
    expect(room.waiting).toBe(0)
  })
})
