import { describe, expect, it } from 'vitest'
import { EventCutter } from './event-cutter.ts'

describe('events of a stream', () => {
  it('are the same however its bytes come, and nothing is lost', () => {
    const text = 'data: 1\n\n: note\r\n\r\ndata: two\n\ndata: [DONE]\n\n'
    for (let first = 1; first < text.length; first++) {
      for (let second = first; second < text.length; second++) {
        const cutter = new EventCutter()
        const parts = [text.slice(0, first), text.slice(first, second), text.slice(second)]
        const events = parts.flatMap((part) => cutter.push(Buffer.from(part)))
        expect(events.map(String)).toEqual(['data: 1\n\n', ': note\r\n\r\n', 'data: two\n\n', 'data: [DONE]\n\n'])
        expect([String(cutter.last), cutter.rest().length]).toEqual(['data: [DONE]\n\n', 0])
      }
    }
  })

  it('leave what has no end', () => {
    const cutter = new EventCutter()
    expect(cutter.push(Buffer.from('data: 1\n\ndata: ha')).map(String)).toEqual(['data: 1\n\n'])
    expect([cutter.last, String(cutter.rest())]).toEqual([undefined, 'data: ha'])
  })

  it('are cut however long one is in small parts, without reading what came before again', () => {
    const cutter = new EventCutter()
    const event = Buffer.from(`data: ${'a'.repeat(8 << 20)}\n\n`)
    const events: Buffer[] = []
    for (let from = 0; from < event.length; from += 64) events.push(...cutter.push(event.subarray(from, from + 64)))
    expect(events.map((cut) => cut.equals(event))).toEqual([true])
  })
})
