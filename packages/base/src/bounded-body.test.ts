import { describe, expect, it } from 'vitest'
import { boundedBytes, boundedText } from './bounded-body.ts'

const refuse = () => new Error('too long')

describe('an answer read within a bound', () => {
  it('comes whole, as bytes, up to the last one', async () => {
    const bytes = Uint8Array.of(0xff, 0, 1)
    expect(await boundedBytes(new Response(bytes), 3, refuse)).toEqual(bytes)
    await expect(boundedBytes(new Response(bytes), 2, refuse)).rejects.toThrow('too long')
  })

  it('comes whole in parts of any size, as far as the bound', async () => {
    const bytes = Uint8Array.from({ length: 200_001 }, (_, place) => place % 251)
    const body = () =>
      new ReadableStream<Uint8Array>({
        start(parts) {
          for (let at = 0, size = 1; at < bytes.length; at += size, size = 1 + ((size * 7) % 4_099))
            parts.enqueue(bytes.slice(at, at + size))
          parts.close()
        },
      })
    expect(await boundedBytes(new Response(body()), bytes.length, refuse)).toEqual(bytes)
    await expect(boundedBytes(new Response(body()), bytes.length - 1, refuse)).rejects.toThrow('too long')
  })

  it('reads a text whose letters lie across two parts', async () => {
    const bytes = new TextEncoder().encode('Kosten: 5 €')
    const body = new ReadableStream<Uint8Array>({
      start(parts) {
        for (const byte of bytes) parts.enqueue(Uint8Array.of(byte))
        parts.close()
      },
    })
    expect(await boundedText(new Response(body), bytes.length, refuse)).toBe('Kosten: 5 €')
    expect(await boundedText({ body: null }, 0, refuse)).toBe('')
  })

  it('reads no further than its bound of an answer without an end', async () => {
    let asked = 0
    const body = new ReadableStream<Uint8Array>({
      pull(parts) {
        asked += 1
        parts.enqueue(new Uint8Array(1_000))
      },
    })
    await expect(boundedText(new Response(body), 5_000, refuse)).rejects.toThrow('too long')
    expect(asked).toBeLessThan(10)
  })
})
