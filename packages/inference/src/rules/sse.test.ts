import { concatBytes, utf8ToBytes } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { doneEvent, splitEventStream, sseEvent, sseReceiptComment } from './sse.ts'
import { exampleBundle } from './testing/example.ts'

const body = utf8ToBytes(sseEvent({ text: 'a\nb' }) + sseEvent({ text: ': koinon-receipt x' }))

describe('sseEvent', () => {
  it('is one line and an empty line whatever the text holds', () => {
    expect(sseEvent({ text: 'a\nb\r\n' }).split('\n')).toHaveLength(3)
  })
})

describe('splitEventStream', () => {
  it('finds where the hashed bytes end and the bundle behind them', () => {
    const bundle = exampleBundle()
    const stream = concatBytes(body, utf8ToBytes(sseReceiptComment(bundle) + doneEvent))
    expect(splitEventStream(stream)).toEqual({ hashedLength: body.length, bundle, complete: true })
  })

  it('covers everything before [DONE] when no receipt was sent', () => {
    const stream = concatBytes(body, utf8ToBytes(doneEvent))
    expect(splitEventStream(stream)).toEqual({ hashedLength: body.length, bundle: undefined, complete: true })
  })

  it('tells a stream that broke off', () => {
    expect(splitEventStream(body)).toEqual({ hashedLength: body.length, bundle: undefined, complete: false })
    expect(splitEventStream(new Uint8Array())).toEqual({ hashedLength: 0, bundle: undefined, complete: false })
  })

  it('takes a receipt line for one only at the very end', () => {
    const forged = concatBytes(utf8ToBytes(sseReceiptComment(exampleBundle())), body, utf8ToBytes(doneEvent))
    expect(splitEventStream(forged)).toMatchObject({
      hashedLength: forged.length - doneEvent.length,
      bundle: undefined,
    })
  })

  it('refuses a malformed receipt line', () => {
    const stream = utf8ToBytes(`: koinon-receipt e30\n\n${doneEvent}`)
    expect(() => splitEventStream(stream)).toThrow(/malformed/)
  })
})
