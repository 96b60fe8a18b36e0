import { describe, expect, it } from 'vitest'
import { backoffMs, sleep, withDeadline } from './deadline.ts'

describe('withDeadline', () => {
  it('passes on results and failures', async () => {
    await expect(withDeadline(Promise.resolve(7), 1000, 'counting')).resolves.toBe(7)
    await expect(withDeadline(Promise.reject(new Error('no')), 1000, 'counting')).rejects.toThrow('no')
  })
  it('names what took too long, with unknown outcome', async () => {
    await expect(withDeadline(new Promise(() => {}), 5, 'The answer')).rejects.toMatchObject({
      code: 'base/deadline',
      retry: 'unknown',
      message: 'The answer took longer than 5 ms',
    })
  })
})

describe('sleep', () => {
  it('ends at once when the signal aborts, also beforehand', async () => {
    const controller = new AbortController()
    const slept = sleep(60_000, controller.signal)
    controller.abort()
    await slept
    await sleep(60_000, controller.signal)
  })
})

describe('backoffMs', () => {
  it('doubles up to the cap and is jittered down to zero', () => {
    expect([0, 1, 2, 10, 2000].map((attempt) => backoffMs(attempt, 100, 1000, 0.999999))).toEqual([
      99, 199, 399, 999, 999,
    ])
    expect(backoffMs(5, 100, 1000, 0)).toBe(0)
  })
})
