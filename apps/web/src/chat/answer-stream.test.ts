import { concatBytes, equalBytes, utf8ToBytes } from '@koinon/base'
import { describe, expect, test } from 'vitest'
import { AnswerStreamReader, maximumAnswerBytes, type StreamEvent, type StreamResult } from './answer-stream.ts'

const signedPart = 'data: {"a":1}\n\ndata: {"b":"ὕβρις : koinon-receipt nein"}\n\n'
const whole = `${signedPart}: koinon-receipt eyJ2IjoxfQ\n\ndata: [DONE]\n\n`

describe('AnswerStreamReader', () => {
  test('reads the data and leaves comments, the receipt among them, to others', () => {
    const { events, result } = readIn([utf8ToBytes(whole)])
    expect(events).toEqual([
      { kind: 'data', data: '{"a":1}' },
      { kind: 'data', data: '{"b":"ὕβρις : koinon-receipt nein"}' },
      { kind: 'done' },
    ])
    expect(result).toEqual({ bytes: utf8ToBytes(whole), isDone: true })
  })

  test('reads the same wherever the network cuts the stream, inside letters too', () => {
    const bytes = utf8ToBytes(whole)
    const expected = readIn([bytes])
    for (let cut = 0; cut <= bytes.length; cut++) {
      const parts = readIn([bytes.slice(0, cut), bytes.slice(cut)])
      expect(parts.events).toEqual(expected.events)
      expect(parts.result).toEqual(expected.result)
    }
    expect(readIn(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(expected)
  })

  test('is not done when the stream broke off', () => {
    expect(readIn([utf8ToBytes(signedPart)]).result.isDone).toBe(false)
  })

  test.each([
    ['the end', `${whole}data: {"more":1}\n\n`],
    ['the receipt', `${signedPart}: koinon-receipt e30\n\ndata: {"more":1}\n\n`],
  ])('does not show words that stand behind %s', (_, text) => {
    expect(readIn([utf8ToBytes(text)]).events.filter((event) => event.kind === 'data')).toHaveLength(2)
  })

  test('joins data of several lines and takes carriage returns', () => {
    const { events } = readIn([utf8ToBytes('data: one\r\ndata:two\r\n\r\n')])
    expect(events).toEqual([{ kind: 'data', data: 'one\ntwo' }])
  })

  test('ignores comments, event names and ids before the receipt', () => {
    const { events } = readIn([utf8ToBytes(': keep alive\n\nevent: message\nid: 7\ndata: x\n\n')])
    expect(events).toEqual([{ kind: 'data', data: 'x' }])
  })

  test('cuts off an answer without end', () => {
    const reader = new AnswerStreamReader()
    const chunk = new Uint8Array(4 * 1024 * 1024).fill(0x20)
    for (let taken = 0; taken + chunk.length <= maximumAnswerBytes; taken += chunk.length) reader.push(chunk)
    expect(() => reader.push(Uint8Array.of(0x20))).toThrow('longer than 16 MiB')
  })

  test('grows with the answer and keeps every byte', () => {
    const parts = Array.from({ length: 300 }, (_, index) => utf8ToBytes(`data: ${'x'.repeat(700)}${index}\n\n`))
    const { events, result } = readIn(parts)
    expect(events).toHaveLength(300)
    expect(equalBytes(result.bytes, concatBytes(...parts))).toBe(true)
  })
})

function readIn(parts: readonly Uint8Array[]): {
  readonly events: readonly StreamEvent[]
  readonly result: StreamResult
} {
  const reader = new AnswerStreamReader()
  const events = parts.flatMap((part) => reader.push(part))
  return { events, result: reader.finish() }
}
