import { describe, expect, it } from 'vitest'
import { ReplayWindow } from './replay-window.ts'

describe('ReplayWindow', () => {
  it('takes each number once, in any order within its width', () => {
    const window = new ReplayWindow()
    expect([3, 1, 2, 3, 1, 4_098, 2, 3, 4, 4].map((number) => window.use(number))).toEqual([
      true,
      true,
      true,
      false,
      false,
      true,
      false,
      false,
      true,
      false,
    ])
  })

  it('forgets nothing over a leap', () => {
    const window = new ReplayWindow()
    const leap = 2 ** 40
    expect([1, leap, 1, leap, leap - 4_095, leap - 4_096].map((number) => window.use(number))).toEqual([
      true,
      true,
      false,
      false,
      true,
      false,
    ])
  })

  it('agrees with a set of everything used, as far back as the window reaches', () => {
    let state = 12_345
    const next = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return state % below
    }
    for (let run = 0; run < 50; run++) {
      const window = new ReplayWindow()
      const used = new Set<number>()
      let highest = 0
      for (let turn = 0; turn < 500; turn++) {
        const number = 1 + next(run % 2 === 0 ? 200 : 12_000)
        expect(window.use(number)).toBe(!used.has(number) && highest - number < 4_096)
        used.add(number)
        highest = Math.max(highest, number)
      }
    }
  })
})
