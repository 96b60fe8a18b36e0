import { type Hex, hexToBytes, sha256Hex, systemRandom, utf8ToBytes } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { RequestIds } from './request-ids.ts'

const hash = (text: string): Hex => sha256Hex(utf8ToBytes(text))
const key = Uint8Array.from({ length: 32 }, (_, index) => index)
const ids = new RequestIds({ key, random: systemRandom })
const provider: Hex = `0x${'a1'.repeat(20)}`
const rival: Hex = `0x${'b2'.repeat(20)}`

describe('RequestIds', () => {
  it('makes 16 bytes that differ each time and prove themselves for their request only', () => {
    const made = Array.from({ length: 50 }, () => ids.make(hash('one'), provider))
    expect(new Set(made).size).toBe(50)
    expect(made.every((id) => /^0x[0-9a-f]{32}$/.test(id) && ids.isOurs(id, hash('one'), provider))).toBe(true)
    expect(made.some((id) => ids.isOurs(id, hash('two'), provider))).toBe(false)
  })

  it('knows its own after a restart, and nobody else can make one', () => {
    const id = ids.make(hash('one'), provider)
    expect(new RequestIds({ key, random: systemRandom }).isOurs(id, hash('one'), provider)).toBe(true)
    const stranger = new RequestIds({ key: key.map((byte) => byte ^ 1), random: systemRandom })
    expect([
      stranger.isOurs(id, hash('one'), provider),
      ids.isOurs(stranger.make(hash('one'), provider), hash('one'), provider),
    ]).toEqual([false, false])
  })

  it('makes an id for one provider, which no other can use', () => {
    const id = ids.make(hash('one'), provider)
    expect([ids.isOurs(id, hash('one'), provider), ids.isOurs(id, hash('one'), rival)]).toEqual([true, false])
  })

  it('refuses every change of an id', () => {
    const id = ids.make(hash('one'), provider)
    for (let at = 2; at < id.length; at++) {
      const digit = ((Number.parseInt(id[at] as string, 16) + 1) % 16).toString(16)
      expect(ids.isOurs(`${id.slice(0, at)}${digit}${id.slice(at + 1)}` as Hex, hash('one'), provider)).toBe(false)
    }
    for (const odd of ['0x', '0x00', `${id}00`] as Hex[]) expect(ids.isOurs(odd, hash('one'), provider)).toBe(false)
  })

  it('is as the specification says', () => {
    const fixed = new RequestIds({ key, random: () => new Uint8Array(8).fill(7) })
    const id = fixed.make(hash('one'), provider)
    const input = Buffer.concat([key, Buffer.alloc(8, 7), hexToBytes(hash('one')), hexToBytes(provider)])
    expect(id).toBe(`0x${'07'.repeat(8)}${sha256Hex(input).slice(2, 18)}`)
    expect(() => new RequestIds({ key: key.subarray(1), random: systemRandom })).toThrow(/32 bytes/)
  })
})
