import { describe, expect, it } from 'vitest'
import { sparing } from './sparing.ts'

/** A question that takes as long as it is told, on a clock that only moves when it is asked. */
function setup() {
  const state = { nowMs: 1_000, takesMs: 10, asked: 0, fails: false }
  const ask = sparing(
    async () => {
      state.asked += 1
      state.nowMs += state.takesMs
      if (state.fails) throw new Error('gone')
      return state.asked
    },
    { nowMs: () => state.nowMs },
  )
  return { state, ask }
}

describe('sparing', () => {
  it('asks again when the answer is twenty times as old as it took', async () => {
    const { state, ask } = setup()
    expect(await ask()).toBe(1)
    state.nowMs += 199
    expect(await ask()).toBe(1)
    state.nowMs += 1
    expect(await ask()).toBe(2)
  })

  it('asks again after 20 s at the latest, however long it took', async () => {
    const { state, ask } = setup()
    state.takesMs = 15_000
    expect(await ask()).toBe(1)
    state.nowMs += 20_000
    expect(await ask()).toBe(2)
  })

  it('asks every time what costs nothing', async () => {
    const { state, ask } = setup()
    state.takesMs = 0
    expect([await ask(), await ask()]).toEqual([1, 2])
  })

  it('asks once for all who wait', async () => {
    const { ask } = setup()
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1])
  })

  it('does not keep a failure', async () => {
    const { state, ask } = setup()
    state.fails = true
    await expect(ask()).rejects.toThrow('gone')
    state.fails = false
    expect(await ask()).toBe(2)
  })
})
