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

/** An upstream's stream of parts at 40 each, or at 400 for all, that breaks off behind `count`; gives what was charged. */
async function chargedFor(count: number, way: Way, isGone: boolean): Promise<bigint | undefined> {
  const gone = new AbortController()
  async function* parts(): AsyncGenerator<StreamPart> {
    for (let part = 0; part < count; part++) yield { bytes: Buffer.from('data: 1\n\n'), costAtomic: 40n }
    if (isGone) {
      gone.abort()
      Object.assign(response, { destroyed: true })
    }
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
  const [write, writeHead, addTrailers, end] = [() => true, () => undefined, () => undefined, () => undefined]
  const response = Object.assign(new EventEmitter(), {
    write,
    writeHead,
    addTrailers,
    end,
  }) as unknown as ServerResponse
  const stepped = { run: (stream: HeldStream) => streams.run({ ...start, ...stream } as never) }
  await releaseAnswer({
    ...{ response, payment, clock, receivedAtMs: 0 },
    answer: { status: 200, ...(way === 'fixed price' ? { chunks: chunks() } : { parts: parts() }) },
    attempt: way === 'steps' ? { stepped } : {},
    wire: { receipt: () => ({}) },
    request: { method: 'GET', url: 'http://shop.example/feed' },
    signal: () => gone.signal,
  } as unknown as Release).catch(() => undefined)
  return charged
}

describe('a stream that breaks off', () => {
  it('costs a reader that has gone what it was sent', async () => {
    expect(await chargedFor(3, 'steps', true)).toBe(120n)
    // The last part is kept back of who pays whole.
    expect(await chargedFor(3, 'parts', true)).toBe(80n)
  })

  it('costs nothing where it is the seller that failed', async () => {
    expect(await chargedFor(3, 'steps', false)).toBeUndefined()
    expect(await chargedFor(3, 'parts', false)).toBeUndefined()
    expect(await chargedFor(3, 'fixed price', false)).toBeUndefined()
  })

  it('costs a reader that has gone its fixed price once the first byte went out', async () => {
    expect(await chargedFor(3, 'fixed price', true)).toBe(400n)
    expect(await chargedFor(2, 'fixed price', true)).toBe(400n)
    // The only chunk was kept back.
    expect(await chargedFor(1, 'fixed price', true)).toBeUndefined()
    expect(await chargedFor(0, 'fixed price', true)).toBeUndefined()
  })
})
