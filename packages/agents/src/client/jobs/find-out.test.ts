import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { findOut } from './find-out.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

/** What became of it when half a minute has passed. */
async function after<value>(work: Promise<value>): Promise<unknown> {
  const settled = work.then(
    (found) => found,
    (error: { code?: string }) => error.code,
  )
  await vi.advanceTimersByTimeAsync(31_000)
  return settled
}

describe('what is found out', () => {
  it('of a transaction that was mined and changed nothing: just that, not that nobody knows', async () => {
    const look = vi.fn(async () => undefined)
    expect(await after(findOut('hiring', async () => 'mined', look))).toBe('agents/no-effect')
    expect(look.mock.calls.length).toBeGreaterThan(100)
  })

  it('of one that nobody answered for: nothing is known', async () => {
    const lost = () => Promise.reject(new Error('lost'))
    expect(await after(findOut('hiring', lost, async () => undefined))).toBe('agents/unknown-outcome')
  })

  it('of one that shows late: what it did', async () => {
    let looks = 0
    expect(
      await after(
        findOut(
          'hiring',
          async () => 'mined',
          async () => (looks++ < 40 ? undefined : 7),
        ),
      ),
    ).toBe(7)
  })
})
