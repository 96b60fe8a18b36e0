import { utf8ToBytes } from '@koinon/base'
import { expect, it } from 'vitest'
import { needVoucherEvent, type StreamEvent, StreamEventReader } from './stream-events.ts'

const need = {
  channelId: `0x${'ab'.repeat(32)}`,
  requiredCumulativeAtomic: 20n,
  acceptedCumulativeAtomic: 10n,
  depositAtomic: 100n,
} as const

/** What a stream says, whichever way it was cut: the seller's own bytes as one text, and ours between them. */
function readIn(parts: readonly Uint8Array[]): { readonly said: string; readonly events: readonly StreamEvent[] } {
  const reader = new StreamEventReader()
  const read = [...parts.flatMap((part) => reader.push(part)), ...reader.end()]
  const decoder = new TextDecoder()
  const said = read.map((event) => (event.type === 'content' ? decoder.decode(event.bytes) : `<${event.type}>`))
  return { said: said.join(''), events: read.filter(({ type }) => type !== 'content') }
}

it.each(['\n', '\r\n'])('finds our events wherever a packet ends, line ends %j', (lineEnd) => {
  const own = (text: string): Uint8Array => utf8ToBytes(`data: ${text}${lineEnd}${lineEnd}`)
  const stream = Buffer.concat([own('one'), needVoucherEvent(need), own('two'), needVoucherEvent(need), own('three')])
  const whole = readIn([stream])
  expect(whole.events).toEqual([
    { type: 'need-voucher', need },
    { type: 'need-voucher', need },
  ])
  for (let first = 0; first <= stream.length; first++)
    for (const second of [first + 1, first + 2, first + 7])
      expect(readIn([stream.subarray(0, first), stream.subarray(first, second), stream.subarray(second)])).toEqual(
        whole,
      )
  expect(readIn(Array.from(stream, (byte) => Uint8Array.of(byte)))).toEqual(whole)
})
