import { describe, expect, it } from 'vitest'
import { doneEvent } from '../rules/sse.ts'
import { DoneHolder } from './done-holder.ts'
import { requestIdOf } from './gateway-accounts.ts'
import { ProviderLink } from './provider-link.ts'
import { RateLimiter } from './rate-limiter.ts'
import { isCreditExhausted, providerRefusal } from './refusal.ts'

describe('DoneHolder', () => {
  it.each([1, 2, 3, 7, 13, 14, 15, 1_000])('keeps exactly the last event back when parts have %i bytes', (size) => {
    const body = 'data: {"a":"data: [DONE]"}\n\ndata: {"b":1}\n\n'
    const bytes = Buffer.from(body + doneEvent)
    const holder = new DoneHolder()
    let passed = ''
    for (let at = 0; at < bytes.length; at += size) passed += holder.push(bytes.subarray(at, at + size)).toString()
    expect([passed, holder.isDone]).toEqual([body, true])
  })

  it('lets go of what only looked like the end', () => {
    const holder = new DoneHolder()
    expect(holder.push(Buffer.from('data: [DON')).toString()).toBe('')
    expect(holder.push(Buffer.from('KEY]\n\n')).toString()).toBe('data: [DONKEY]\n\n')
    expect(holder.isDone).toBe(false)
    holder.push(Buffer.from(doneEvent))
    expect(holder.push(Buffer.from('more')).toString()).toBe(`${doneEvent}more`)
    expect(holder.isDone).toBe(false)
  })
})

describe('RateLimiter', () => {
  it('allows a minute at once, then refills evenly, key by key', () => {
    const limiter = new RateLimiter({ requestsPerMinute: 2 })
    expect([limiter.take('a', 0), limiter.take('a', 0)].map(({ remaining }) => remaining)).toEqual([1, 0])
    expect(limiter.take('a', 0)).toEqual({ isAllowed: false, limit: 2, remaining: 0, resetSeconds: 30 })
    expect(limiter.take('b', 0).isAllowed).toBe(true)
    expect([limiter.take('a', 29_000).isAllowed, limiter.take('a', 30_000).isAllowed]).toEqual([false, true])
  })

  it('survives a clock that goes back and forgets the oldest key beyond its bound', () => {
    const limiter = new RateLimiter({ requestsPerMinute: 1, maximumKeys: 1 })
    expect(limiter.take('a', 1_000).isAllowed).toBe(true)
    expect(limiter.take('a', 0).isAllowed).toBe(false)
    limiter.take('b', 0)
    expect(limiter.take('a', 0).isAllowed).toBe(true)
  })
})

describe('ProviderLink', () => {
  it('pauses longer with each failure in a row and at once forgives a success', async () => {
    const link = new ProviderLink({ account: `0x${'11'.repeat(20)}`, endpoint: 'http://127.0.0.1:9', connections: 1 })
    const pauseAfterFailure = (): number => {
      link.failed('unreachable', 0, 0.999)
      let pause = 0
      while (link.isPaused(pause)) pause += 10
      return pause
    }
    const [first, second, third] = [pauseAfterFailure(), pauseAfterFailure(), pauseAfterFailure()]
    expect([first < second, second < third, link.failureRate > 0.4]).toEqual([true, true, true])
    link.succeeded(40)
    expect([link.isPaused(0), link.firstByteMs]).toEqual([false, 24])
    link.failed('dishonest', 0, 0)
    expect(link.isPaused(29_000)).toBe(true)
    await link.close()
  })
})

describe('providerRefusal', () => {
  it('passes a refused request on in OpenAI form and blames nobody', () => {
    const body = Buffer.from('{"error":{"message":"too long","code":"context_length_exceeded","param":"messages"}}')
    const refusal = providerRefusal(400, body)
    expect([refusal.isClientsFault, refusal.reason, refusal.error.code]).toEqual([
      true,
      undefined,
      'openai/context_length_exceeded',
    ])
  })

  it('keeps other refusals inside, whatever their body', () => {
    for (const status of [301, 401, 402, 500]) {
      const refusal = providerRefusal(status, Buffer.from('<html>'))
      expect([refusal.isClientsFault, refusal.isForNow, refusal.reason]).toEqual([false, false, 'refused'])
    }
  })

  it('blames nobody who is full or waits for a voucher: it may be asked again in a moment', () => {
    const full = providerRefusal(429, Buffer.from(''))
    expect([full.isForNow, full.reason, isCreditExhausted(full)]).toEqual([true, undefined, false])
    const credit = providerRefusal(402, Buffer.from('{"error":{"code":"payments/credit-exhausted","message":"owed"}}'))
    expect([credit.isForNow, credit.reason, isCreditExhausted(credit)]).toEqual([true, undefined, true])
  })
})

describe('requestIdOf', () => {
  it('reads ids as headers, answers and people write them', () => {
    const id = 'ab'.repeat(16)
    expect([id, `0x${id}`, `chatcmpl-${id}`, `cmpl-${id}`].map(requestIdOf)).toEqual(Array(4).fill(`0x${id}`))
    for (const text of ['', '0x12', `${id}00`, '../../etc']) expect(() => requestIdOf(text)).toThrow(/no such receipt/)
  })
})
