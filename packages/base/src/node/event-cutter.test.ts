import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventCutter } from './event-cutter.ts'

describe('events of a stream', () => {
  it('are the same however its bytes come, and nothing is lost', () => {
    const text = 'data: 1\n\n: note\n\ndata: two\n\ndata: [DONE]\n\n'
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: text.length - 1 })), (cuts) => {
        const cutter = new EventCutter()
        const ends = [...new Set([0, ...cuts, text.length])].sort((left, right) => left - right)
        const events = ends
          .slice(1)
          .flatMap((end, index) => cutter.push(Buffer.from(text.slice(ends[index] as number, end))))
        expect(events.map(String)).toEqual(['data: 1\n\n', ': note\n\n', 'data: two\n\n', 'data: [DONE]\n\n'])
        expect([String(cutter.last), cutter.rest().length]).toEqual(['data: [DONE]\n\n', 0])
      }),
    )
  })

  it('leave what has no end', () => {
    const cutter = new EventCutter()
    expect(cutter.push(Buffer.from('data: 1\n\ndata: ha')).map(String)).toEqual(['data: 1\n\n'])
    expect([cutter.last, String(cutter.rest())]).toEqual([undefined, 'data: ha'])
  })
})
