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
      room.wait(model.take, 60_000, never).then((place) => order.push(`${who} ${place}`))
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
    const gone = room.wait(take, 60_000, leave.signal)
    const late = room.wait(take, 5, never)
    expect([room.waiting, room.isFull]).toEqual([2, true])
    leave.abort()
    expect(await Promise.all([gone, late])).toEqual([undefined, undefined])
    expect(await room.wait(take, 0, never)).toBeUndefined()
    expect(await room.wait(take, 60_000, leave.signal)).toBeUndefined()
    expect([room.waiting, room.isFull]).toEqual([0, false])
  })
})
