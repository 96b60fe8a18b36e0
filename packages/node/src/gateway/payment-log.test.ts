import type { PaymentDoorEvent } from '@koinon/payments/paywall'
import type { PaymentTerms } from '@koinon/payments/rules'
import { describe, expect, it } from 'vitest'
import { PaymentLog } from './payment-log.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

const terms = (url = 'http://gateway/v1/chat/completions?key=secret'): PaymentTerms => ({
  resource: { url, method: 'POST' },
  chainId: 1,
  asset: { token: '0x11', name: 'Dollar', version: '1', decimals: 6 },
  payTo: '0x22',
  maximumAtomic: 123n,
  backEnds: ['channel'],
  timeoutSeconds: 60,
})
const held = (wire = 'x402', backEnd = 'channel', kind: 'held' | 'repeated' = 'held'): PaymentDoorEvent => ({
  kind,
  terms: terms(),
  wire,
  backEnd,
  payer: '0x33',
})
const refused = (code: string, url?: string): PaymentDoorEvent => ({
  kind: 'refused',
  terms: terms(url),
  wire: 'x402',
  code,
})

function logAt(startMs: number) {
  const clock = { now: startMs, nowMs: () => clock.now }
  return { clock, log: new PaymentLog(clock) }
}

describe('the log of payments', () => {
  it('counts what came, by wire and back end, and refusals by reason with the most frequent first', () => {
    const { log } = logAt(10 * hourMs)
    log.observe({ kind: 'demanded', terms: terms() })
    for (const event of [held(), held(), held('mpp', 'exact'), held('x402', 'channel', 'repeated')]) log.observe(event)
    for (const code of ['a/rare', 'b/often', 'b/often']) log.observe(refused(code))
    expect(log.day()).toEqual({
      sinceMs: 10 * hourMs,
      demanded: 1,
      held: 3,
      repeated: 1,
      refused: 3,
      taken: [
        { wire: 'x402', backEnd: 'channel', held: 2, repeated: 1 },
        { wire: 'mpp', backEnd: 'exact', held: 1, repeated: 0 },
      ],
      refusals: [
        { code: 'b/often', count: 2, lastAtMs: 10 * hourMs },
        { code: 'a/rare', count: 1, lastAtMs: 10 * hourMs },
      ],
    })
  })

  it('forgets what is older than a day, and says since when it counts', () => {
    const { clock, log } = logAt(0)
    log.observe(held())
    clock.now = 20 * hourMs
    log.observe(held())
    expect(log.day()).toMatchObject({ sinceMs: 0, held: 2 })
    clock.now = 25 * hourMs
    expect(log.day()).toMatchObject({ sinceMs: hourMs, held: 1 })
    clock.now = 50 * hourMs
    expect(log.day()).toMatchObject({ held: 0, taken: [], refusals: [] })
  })

  it('counts on when the clock runs back', () => {
    const { clock, log } = logAt(10 * hourMs)
    log.observe(held())
    clock.now = 9 * hourMs
    log.observe(held())
    clock.now = 10 * hourMs
    expect(log.day().held).toBe(2)
  })

  it('keeps the last hundred payments without their queries, however many strangers send and however long their paths are', () => {
    const { clock, log } = logAt(hourMs)
    log.observe(held())
    for (let sent = 0; sent < 5_000; sent++) log.observe({ kind: 'demanded', terms: terms() })
    expect(log.recent()).toMatchObject([
      { outcome: 'held', method: 'POST', path: '/v1/chat/completions', payer: '0x33', maximumAtomic: '123' },
    ])
    expect(JSON.stringify(log.recent())).not.toContain('secret')
    for (let sent = 0; sent < 5_000; sent++) {
      clock.now += minuteMs / 60
      log.observe(refused('a/b', `http://gateway/${'x'.repeat(9_000)}`))
    }
    log.observe(refused('a/b', 'no URL'))
    expect(log.recent()).toHaveLength(100)
    expect(log.recent()[0]).toMatchObject({ id: 5_002, path: '' })
    expect(JSON.stringify(log.recent()).length).toBeLessThan(40_000)
    expect(log.day().refused).toBe(5_001)
  })
})
