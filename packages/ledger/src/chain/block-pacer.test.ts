import { describe, expect, it } from 'vitest'
import { newPacer, pacerDelayMs, pacerSpend } from './block-pacer.ts'

const pace = { blockIntervalMs: 100, burstBlocks: 3 }

describe('pacerDelayMs', () => {
  it('is zero for the burst and an interval after it', () => {
    let state = newPacer(pace, 0)
    for (let block = 0; block < 3; block++) {
      expect(pacerDelayMs(pace, state, 0)).toBe(0)
      state = pacerSpend(pace, state, 0)
    }
    expect(pacerDelayMs(pace, state, 0)).toBe(100)
    expect(pacerDelayMs(pace, state, 40)).toBe(60)
    expect(pacerDelayMs(pace, state, 100)).toBe(0)
  })

  it('lets no more than burst + time / interval blocks pass in any second', () => {
    let state = newPacer(pace, 0)
    let blocks = 0
    for (let nowMs = 0; nowMs <= 1000; nowMs += 5) {
      while (pacerDelayMs(pace, state, nowMs) === 0) {
        state = pacerSpend(pace, state, nowMs)
        blocks += 1
      }
    }
    expect(blocks).toBe(13)
  })

  it('saves no more than the burst while idle', () => {
    let state = newPacer(pace, 0)
    const lateMs = 1_000_000
    for (let block = 0; block < 3; block++) state = pacerSpend(pace, state, lateMs)
    expect(pacerDelayMs(pace, state, lateMs)).toBe(100)
  })

  it('takes a clock that ran back for no time passed', () => {
    const spent = pacerSpend(pace, pacerSpend(pace, pacerSpend(pace, newPacer(pace, 5000), 5000), 5000), 5000)
    expect(pacerDelayMs(pace, spent, 1000)).toBe(100)
    expect(pacerDelayMs(pace, pacerSpend(pace, spent, 1000), 1100)).toBe(0)
  })

  it('never waits when the interval is zero', () => {
    const free = { blockIntervalMs: 0, burstBlocks: 1 }
    const state = pacerSpend(free, newPacer(free, 0), 0)
    expect(pacerDelayMs(free, state, 0)).toBe(0)
  })
})
