import { concatBytes, equalBytes, utf8ToBytes } from '@koinon/base'
import { describe, expect, test } from 'vitest'
import {
  AnswerStreamReader,
  hashedResponseBytes,
  maxAnswerBytes,
  type StreamEvent,
  type StreamResult,
} from './answer-stream.ts'

const signedPart = 'data: {"a":1}\n\ndata: {"b":"ὕβρις : koinon-receipt nein"}\n\n'
const whole = `${signedPart}: koinon-receipt eyJ2IjoxfQ\n\ndata: [DONE]\n\n`

describe('AnswerStreamReader', () => {
  test('ends the hashed bytes right before the receipt line', () => {
    const { events, result } = readIn([utf8ToBytes(whole)])
    expect(events).toEqual([
      { kind: 'data', data: '{"a":1}' },
      { kind: 'data', data: '{"b":"ὕβρις : koinon-receipt nein"}' },
      { kind: 'receipt', encoded: 'eyJ2IjoxfQ' },
      { kind: 'done' },
    ])
    expect(result.problem).toBeUndefined()
    expect(result.isDone).toBe(true)
    expect(hashedText(result)).toBe(signedPart)
  })

  test('finds the same boundary wherever the network cuts the stream, inside letters too', () => {
    const bytes = utf8ToBytes(whole)
    const expected = readIn([bytes])
    for (let cut = 0; cut <= bytes.length; cut++) {
      const parts = readIn([bytes.slice(0, cut), bytes.slice(cut)])
      expect(parts.events).toEqual(expected.events)
      expect(parts.result).toEqual(expected.result)
    }
  })

  test('reads a stream that comes byte by byte', () => {
    const { result } = readIn(Array.from(utf8ToBytes(whole), (byte) => Uint8Array.of(byte)))
    expect(hashedText(result)).toBe(signedPart)
  })

  test('has no hashed length when the stream broke off before the receipt', () => {
    const { result } = readIn([utf8ToBytes(signedPart)])
    expect(result.hashedLength).toBeUndefined()
    expect(result.isDone).toBe(false)
    expect(result.problem).toBeUndefined()
  })

  test.each([
    [
      'a further word',
      `${signedPart}: koinon-receipt e30\n\ndata: {"more":1}\n\ndata: [DONE]\n\n`,
      /"data: \{"more":1\}" follows/,
    ],
    [
      'a second receipt',
      `${signedPart}: koinon-receipt e30\n\n: koinon-receipt e31\n\ndata: [DONE]\n\n`,
      /second receipt/,
    ],
    ['another comment', `${signedPart}: koinon-receipt e30\n\n: hello\n\ndata: [DONE]\n\n`, /": hello" follows/],
    ['a second end', `${signedPart}: koinon-receipt e30\n\ndata: [DONE]\n\ndata: [DONE]\n\n`, /\[DONE\]" follows/],
    ['an unfinished line', `${signedPart}: koinon-receipt e30\n\ndata: [DONE]\n\nda`, /unfinished line/],
  ])('notes %s behind the receipt', (_, text, problem) => {
    expect(readIn([utf8ToBytes(text)]).result.problem).toMatch(problem)
  })

  test('does not show words that stand behind the receipt', () => {
    const { events } = readIn([utf8ToBytes(`${signedPart}: koinon-receipt e30\n\ndata: {"more":1}\n\n`)])
    expect(events.filter((event) => event.kind === 'data')).toHaveLength(2)
  })

  test('keeps the first of two receipts, so a second one cannot replace it', () => {
    const { events } = readIn([utf8ToBytes(': koinon-receipt first\n\n: koinon-receipt second\n\n')])
    expect(events).toEqual([{ kind: 'receipt', encoded: 'first' }])
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
    for (let taken = 0; taken + chunk.length <= maxAnswerBytes; taken += chunk.length) reader.push(chunk)
    expect(() => reader.push(Uint8Array.of(0x20))).toThrow('longer than 16 MiB')
  })

  test('grows with the answer and keeps every byte', () => {
    const parts = Array.from({ length: 300 }, (_, index) => utf8ToBytes(`data: ${'x'.repeat(700)}${index}\n\n`))
    const { events, result } = readIn(parts)
    expect(events).toHaveLength(300)
    expect(equalBytes(result.bytes, concatBytes(...parts))).toBe(true)
  })
})

describe('hashedResponseBytes', () => {
  test('takes all of a JSON body', () => {
    const body = utf8ToBytes('{"choices":[{"message":{"content":"one\\n: koinon-receipt two"}}]}')
    expect(hashedResponseBytes(body)).toEqual(body)
  })

  test('takes an event stream up to its receipt', () => {
    expect(new TextDecoder().decode(hashedResponseBytes(utf8ToBytes(whole)))).toBe(signedPart)
  })

  test('takes a stream as it is when it was stored without its receipt', () => {
    expect(hashedResponseBytes(utf8ToBytes(signedPart))).toEqual(utf8ToBytes(signedPart))
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

function hashedText({ bytes, hashedLength }: StreamResult): string {
  return new TextDecoder().decode(bytes.slice(0, hashedLength))
}
