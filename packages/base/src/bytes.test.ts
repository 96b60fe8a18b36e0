import { describe, expect, it } from 'vitest'
import {
  base64UrlToBytes,
  bytesToBase64Url,
  bytesToHex,
  concatBytes,
  equalBytes,
  hexToBytes,
  toAddress,
} from './bytes.ts'

describe('hex and base64url', () => {
  it('survive a round trip for every byte value', () => {
    const all = Uint8Array.from({ length: 256 }, (_, value) => value)
    expect(hexToBytes(bytesToHex(all))).toEqual(all)
    for (let length = 0; length < 5; length++) {
      expect(base64UrlToBytes(bytesToBase64Url(all.slice(0, length)))).toEqual(all.slice(0, length))
    }
    expect(bytesToBase64Url(all)).toBe(Buffer.from(all).toString('base64url'))
  })

  it.each(['12', '0x1', '0xgg', '', '0X12'])('refuse %j as hex', (text) =>
    expect(() => hexToBytes(text)).toThrow(/hexadecimal/),
  )
  it.each(['a', 'a+b=', 'ä'])('refuse %j as base64url', (text) =>
    expect(() => base64UrlToBytes(text)).toThrow(/base64url/),
  )
})

describe('equalBytes', () => {
  it('compares content and length', () => {
    expect(equalBytes(Uint8Array.of(1, 2), concatBytes(Uint8Array.of(1), Uint8Array.of(2)))).toBe(true)
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false)
    expect(equalBytes(Uint8Array.of(1), Uint8Array.of(1, 0))).toBe(false)
  })
})

describe('toAddress', () => {
  it('lower-cases, and explains what an address is when it is not one', () => {
    expect(toAddress(`0x${'Ab'.repeat(20)}`)).toBe(`0x${'ab'.repeat(20)}`)
    expect(() => toAddress('vitalik.eth')).toThrow(/not an account address/)
  })
})
