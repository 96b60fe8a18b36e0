import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { SteppedStreams, type SteppedStreamsOptions } from '../mpp/provider/stepped-streams.ts'
import type { CallResult, HeldPayment } from '../provider/cash-desk.ts'
import type { HeldStream, StreamPart } from '../provider/wire.ts'
import { releaseAnswer } from './paid-answer.ts'

type Release = Parameters<typeof releaseAnswer>[0]
const clock = { nowMs: () => 0 }
const streams = new SteppedStreams({ clock } as SteppedStreamsOptions)
const start = { terms: { maximumAtomic: 400n }, challenge: { id: 'one' }, voucher: {} }

type Way = 'steps' | 'parts' | 'fixed price'

/** Why it breaks off: the reader hung up, the time of the terms is over, or the seller failed. */
type Cause = 'gone' | 'late' | 'failed'

/** An upstream's stream of parts at 40 each, or at 400 for all, that breaks off behind `count`; gives what was charged. */
async function chargedFor(count: number, way: Way, cause: Cause): Promise<bigint | undefined> {
  return (await releasedFor(count, way, cause)).charged
}

async function releasedFor(count: number, way: Way, cause: Cause) {
  const cut = new AbortController()
  async function* parts(): AsyncGenerator<StreamPart> {
    for (let part = 0; part < count; part++) yield { bytes: Buffer.from('data: 1\n\n'), costAtomic: 40n }
    if (cause !== 'failed') cut.abort()
    if (cause === 'gone') Object.assign(response, { destroyed: true })
    throw new Error('the upstream broke off')
  }
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for await (const { bytes } of parts()) yield bytes
  }
  let charged: bigint | undefined
  const payment = {
    maximumAtomic: 400n,
    mayStream: true,
    release: () => undefined,
    charge: async ({ chargedAtomic }: CallResult) => {
      charged = chargedAtomic
      return { charge: { payer: '0x', chargedAtomic } }
    },
  } as unknown as HeldPayment
  const nothing = () => undefined
  const sent = { parts: 0, end: 'none' }
  const sending = {
    ...{ writeHead: nothing, addTrailers: nothing },
    write: (part: Uint8Array | string, then?: () => void) => {
      if (part.length > 0) sent.parts++
      then?.()
      return true
    },
    end: () => Object.assign(sent, { end: 'whole' }),
    destroy: () => Object.assign(sent, { end: 'broken off' }),
  }
  const response = Object.assign(new EventEmitter(), sending) as unknown as ServerResponse
  const stepped = { run: (stream: HeldStream) => streams.run({ ...start, ...stream } as never) }
  await releaseAnswer({
    ...{ response, payment, clock, receivedAtMs: 0 },
    answer: { status: 200, ...(way === 'fixed price' ? { chunks: chunks() } : { parts: parts() }) },
    attempt: way === 'steps' ? { stepped } : {},
    wire: { receipt: () => ({}) },
    request: { method: 'GET', url: 'http://shop.example/feed' },
    signal: () => cut.signal,
  } as unknown as Release).catch(() => undefined)
  return { charged, sent }
}

describe('a stream that breaks off', () => {
  it('costs a reader that has gone what it was sent', async () => {
    expect(await chargedFor(3, 'steps', 'gone')).toBe(120n)
    // The last part is kept back of who pays whole.
    expect(await chargedFor(3, 'parts', 'gone')).toBe(80n)
  })

  it('costs nothing where it is the seller that failed', async () => {
    expect(await chargedFor(3, 'steps', 'failed')).toBeUndefined()
    expect(await chargedFor(3, 'parts', 'failed')).toBeUndefined()
    expect(await chargedFor(3, 'fixed price', 'failed')).toBeUndefined()
  })

  it('costs a reader that has gone its fixed price once the first byte went out', async () => {
    expect(await chargedFor(3, 'fixed price', 'gone')).toBe(400n)
    expect(await chargedFor(2, 'fixed price', 'gone')).toBe(400n)
    // The only chunk was kept back.
    expect(await chargedFor(1, 'fixed price', 'gone')).toBeUndefined()
    expect(await chargedFor(0, 'fixed price', 'gone')).toBeUndefined()
  })

  it('costs a reader what it was sent until the time of the terms was over', async () => {
    expect(await chargedFor(3, 'steps', 'late')).toBe(120n)
    // The last part is sent behind the charge, and nobody takes it for the end.
    const late = { charged: 120n, sent: { parts: 3, end: 'broken off' } }
    expect(await releasedFor(3, 'parts', 'late')).toEqual(late)
    expect(await chargedFor(2, 'fixed price', 'late')).toBe(400n)
    expect(await chargedFor(1, 'fixed price', 'late')).toBeUndefined()
  })
})
