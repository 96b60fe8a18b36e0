import { utf8ToBytes } from '@koinon/base'
import { doneEvent, sseReceiptComment } from '@koinon/inference/rules'
import { bundleToJson, parseBundle, type ReceiptBundle } from '@koinon/work'
import { describe, expect, test } from 'vitest'
import { FakeState } from '../../dev/fake-state.ts'
import { hashedResponseBytes, receiptInStream } from './response-bytes.ts'

const bundle: ReceiptBundle = parseBundle(
  JSON.parse(JSON.stringify(new FakeState(() => 1_800_000_000_000).records[0]?.bundle)),
)
const signedPart = 'data: {"a":1}\n\ndata: {"b":"ὕβρις : koinon-receipt nein"}\n\n'
const receiptLine = sseReceiptComment(bundle)
const whole = `${signedPart}${receiptLine}${doneEvent}`

describe('hashedResponseBytes', () => {
  test.each([
    ['all of a JSON body', '{"choices":[{"message":{"content":"one\\n: koinon-receipt two"}}]}', undefined],
    ['an event stream up to its receipt', whole, signedPart],
    ['a stream that was stored without its receipt', signedPart, undefined],
    ['a stream without receipt up to its end', `${signedPart}${doneEvent}`, signedPart],
    [
      'everything where the receipt line cannot be read',
      `${signedPart}: koinon-receipt e30\n\n${doneEvent}`,
      undefined,
    ],
  ])('takes %s', (_, text, expected) => {
    expect(new TextDecoder().decode(hashedResponseBytes(utf8ToBytes(text)))).toBe(expected ?? text)
  })
})

describe('receiptInStream', () => {
  test('finds the bundle and the bytes it has to agree with', () => {
    const found = receiptInStream(bytesOf(whole))
    expect(found?.bundle).toEqual(bundleToJson(bundle))
    expect(new TextDecoder().decode(found?.hashed)).toBe(signedPart)
  })

  test('finds none where none came', () => {
    expect(receiptInStream(bytesOf(`${signedPart}${doneEvent}`))).toBeUndefined()
    expect(receiptInStream(bytesOf(''))).toBeUndefined()
  })

  test.each([
    ['cannot be read', `${signedPart}: koinon-receipt !!!\n\n${doneEvent}`],
    ['is no bundle', `${signedPart}: koinon-receipt e30\n\n${doneEvent}`],
  ])('has no bundle when the receipt line %s', (_, text) => {
    expect(receiptInStream(bytesOf(text))).toEqual({ bundle: undefined, hashed: bytesOf(text) })
  })

  test.each([
    ['has words behind it', `${signedPart}${receiptLine}data: {"more":1}\n\n${doneEvent}`],
    ['has another comment behind it', `${signedPart}${receiptLine}: hello\n\n${doneEvent}`],
    ['has two ends behind it', `${whole}${doneEvent}`],
    ['has an unfinished line behind it', `${whole}da`],
  ])('holds a receipt against all of the bytes when it %s', (_, text) => {
    expect(receiptInStream(bytesOf(text))).toEqual({ bundle: bundleToJson(bundle), hashed: bytesOf(text) })
  })

  test('takes the last of two receipt lines, and so the first for a part of the answer', () => {
    const found = receiptInStream(bytesOf(`${signedPart}: koinon-receipt e30\n\n${receiptLine}${doneEvent}`))
    expect(new TextDecoder().decode(found?.hashed)).toBe(`${signedPart}: koinon-receipt e30\n\n`)
  })
})

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(utf8ToBytes(text))
}
