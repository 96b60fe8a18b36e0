import { describe, expect, it } from 'vitest'
import { EventStream } from './event-stream.ts'

describe('EventStream', () => {
  it('hands over events in order, those before and those after reading began', async () => {
    const stream = new EventStream<number>(() => undefined)
    stream.push(1)
    const rest = (async () => {
      const seen: number[] = []
      for await (const event of stream) seen.push(event)
      return seen
    })()
    await Promise.resolve()
    stream.push(2)
    stream.push(3)
    stream.end()
    expect(await rest).toEqual([1, 2, 3])
    expect(await stream.next()).toEqual({ value: undefined, done: true })
  })

  it('hands over what came before a failure, then the failure once', async () => {
    const stream = new EventStream<number>(() => undefined)
    stream.push(1)
    stream.fail(new Error('broken'))
    expect(await stream.next()).toEqual({ value: 1, done: false })
    await expect(stream.next()).rejects.toThrow('broken')
    expect((await stream.next()).done).toBe(true)
  })

  it('tells the producer when the reader leaves early, and only then', async () => {
    let closed = 0
    const left = new EventStream<number>(() => {
      closed += 1
    })
    left.push(1)
    left.push(2)
    for await (const event of left) if (event === 1) break
    expect(closed).toBe(1)
    const read = new EventStream<number>(() => {
      closed += 1
    })
    read.end()
    for await (const _ of read) expect.unreachable()
    await read.return()
    expect(closed).toBe(1)
  })
})
