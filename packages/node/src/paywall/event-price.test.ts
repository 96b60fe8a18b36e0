import type { PaidAnswer } from '@koinon/payments/paywall'
import { describe, expect, it } from 'vitest'
import { byTheEvent, eventTerms } from './event-price.ts'

const address = `0x${'11'.repeat(20)}` as const
const call = {
  resource: { url: 'https://api.example/feed', method: 'GET' },
  chainId: 1,
  asset: { token: address, name: 'Dollar', version: '1', decimals: 6 },
  payTo: address,
  maximumAtomic: 1_000n,
  backEnds: ['channel', 'exact'],
  timeoutSeconds: 60,
} as const
const headers = { 'content-type': 'text/event-stream' }

async function* chunks(...texts: readonly string[]) {
  yield* texts
}

async function partsOf(answer: PaidAnswer) {
  if (!('parts' in answer)) throw new Error('not paid by the event')
  const parts: (readonly [string, bigint])[] = []
  for await (const { bytes, costAtomic } of answer.parts)
    parts.push([Buffer.from(bytes).toString(), costAtomic] as const)
  return parts
}

describe('a stream that costs by the event', () => {
  it('offers a step of 50 events, by channel alone', () => {
    expect(eventTerms(call, { priceAtomic: 10n, most: 1_000 })).toMatchObject({
      maximumAtomic: 11_000n,
      stepAtomic: 1_500n,
      backEnds: ['channel'],
    })
    expect(eventTerms(call, { priceAtomic: 10n, most: 50 })).not.toHaveProperty('stepAtomic')
  })

  it('costs its call with the first event, and ends behind the most', async () => {
    const answer = { status: 200, headers, chunks: chunks('data: 1\n', '\ndata: 2\n\ndata: 3\n\n') }
    expect(await partsOf(byTheEvent(answer, 1_000n, { priceAtomic: 10n, most: 2 }))).toEqual([
      ['data: 1\n\n', 1_010n],
      ['data: 2\n\n', 10n],
    ])
  })

  it('leaves other answers at the price of their call', () => {
    const events = { priceAtomic: 10n, most: 2 }
    expect(byTheEvent({ status: 200, body: 'whole' }, 1_000n, events)).toMatchObject({ chargedAtomic: 1_000n })
    const text = byTheEvent({ status: 200, chunks: chunks('long') }, 1_000n, events)
    expect('charge' in text && text.charge?.()).toBe(1_000n)
  })
})
