import { describe, expect, it } from 'vitest'
import { SequencePool } from './sequence-pool.ts'

const limits = { maxQueuedRequests: 2, maxQueuedRequestsPerCaller: 2, requestTimeoutMs: 60_000 }

function setup(options: Partial<typeof limits> & { clear?: () => Promise<void> } = {}) {
  const cleared: string[] = []
  const clear =
    options.clear ??
    (async () => {
      cleared.push('cleared')
    })
  const pool = new SequencePool([{ clear }], { ...limits, ...options })
  const untilAborted = (signal?: AbortSignal) =>
    pool.run(
      'a',
      signal,
      (_, inner) => new Promise((_, reject) => inner.addEventListener('abort', () => reject(inner.reason))),
    )
  return { pool, cleared, untilAborted }
}

describe('SequencePool', () => {
  it('lends a sequence, empties it afterwards and lends it again', async () => {
    const { pool, cleared } = setup()
    const order: string[] = []
    const job = (name: string) =>
      pool.run('a', undefined, async () => {
        order.push(name)
      })
    await Promise.all([job('1'), job('2'), job('3')])
    expect(order).toEqual(['1', '2', '3'])
    expect(cleared.length).toBe(3)
    expect([pool.activeCount, pool.queuedCount]).toEqual([0, 0])
  })

  it('refuses with engine/busy and "later" when the queue is full', async () => {
    const { pool, untilAborted } = setup()
    const stop = new AbortController()
    const jobs = [1, 2, 3].map(() => untilAborted(stop.signal).catch((error: Error) => error.name))
    expect(pool.queuedCount).toBe(2)
    await expect(untilAborted()).rejects.toMatchObject({ code: 'engine/busy', retry: 'later' })
    stop.abort()
    expect(await Promise.all(jobs)).toEqual(['AbortError', 'AbortError', 'AbortError'])
  })

  it('lets a waiting request leave the queue at once', async () => {
    const { pool, untilAborted } = setup()
    const first = new AbortController()
    const running = untilAborted(first.signal).catch(() => 'ended')
    const second = new AbortController()
    const waiting = untilAborted(second.signal).catch(() => 'left')
    second.abort()
    expect(await waiting).toBe('left')
    expect(pool.queuedCount).toBe(0)
    first.abort()
    expect(await running).toBe('ended')
  })

  it('ends a request at its deadline, waiting or running', async () => {
    const { untilAborted } = setup({ requestTimeoutMs: 20 })
    const both = [untilAborted(), untilAborted()].map((job) => job.catch((error: { code: string }) => error.code))
    expect(await Promise.all(both)).toEqual(['engine/deadline', 'engine/deadline'])
  })

  it('stops what waits and what runs, and takes nothing new', async () => {
    const { pool, untilAborted } = setup()
    const jobs = [untilAborted(), untilAborted()].map((job) => job.catch((error: { code: string }) => error.code))
    await Promise.resolve()
    await pool.stop()
    expect(await Promise.all(jobs)).toEqual(['engine/stopped', 'engine/stopped'])
    await expect(untilAborted()).rejects.toMatchObject({ code: 'engine/stopped' })
  })

  it('never lends a sequence again that could not be emptied', async () => {
    const { pool } = setup({ clear: () => Promise.reject(new Error('native trouble')), requestTimeoutMs: 50 })
    await expect(pool.run('a', undefined, async () => undefined)).rejects.toThrow('native trouble')
    await expect(pool.run('a', undefined, async () => undefined)).rejects.toMatchObject({ code: 'engine/deadline' })
  })
})
