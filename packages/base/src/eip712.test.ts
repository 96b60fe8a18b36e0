import { hashDomain, hashTypedData } from 'viem'
import { describe, expect, it } from 'vitest'
import { bytesToHex, type Hex } from './bytes.ts'
import {
  addressWord,
  bytes32Word,
  domainSeparator,
  fixedBytes,
  integerWord,
  textWord,
  typedDigest,
  typeHash,
} from './eip712.ts'

const verifyingContract: Hex = `0x${'ab'.repeat(20)}`
const domainFields = [
  { name: 'name', type: 'string' },
  { name: 'version', type: 'string' },
  { name: 'chainId', type: 'uint256' },
]

describe('domainSeparator', () => {
  it.each([
    ['without a contract', {}, []],
    ['with one', { verifyingContract }, [{ name: 'verifyingContract', type: 'address' }]],
  ])('equals that of viem %s', (_, extra, fields) => {
    const domain = { name: 'Koinon ὕβρις', version: '1', chainId: 8_453, ...extra }
    const types = { EIP712Domain: [...domainFields, ...fields] }
    const expected = hashDomain({ domain, types } as Parameters<typeof hashDomain>[0])
    expect(bytesToHex(domainSeparator(domain))).toBe(expected)
  })
})

describe('typedDigest', () => {
  it('equals that of viem for every kind of word', () => {
    const domain = { name: 'Koinon', version: '1', chainId: 1 }
    const message = {
      who: verifyingContract,
      what: `0x${'01'.repeat(32)}`,
      much: 2n ** 128n - 1n,
      text: 'a\u0000ὕ',
    } as const
    const expected = hashTypedData({
      domain,
      types: {
        Thing: [
          { name: 'who', type: 'address' },
          { name: 'what', type: 'bytes32' },
          { name: 'much', type: 'uint128' },
          { name: 'text', type: 'string' },
        ],
      },
      primaryType: 'Thing',
      message,
    })
    const type = typeHash('Thing(address who,bytes32 what,uint128 much,string text)')
    const words = [
      addressWord(message.who),
      bytes32Word(message.what),
      integerWord(message.much, 128),
      textWord(message.text),
    ]
    expect(bytesToHex(typedDigest(domainSeparator(domain), type, words))).toBe(expected)
  })
})

describe('words', () => {
  it('take integers up to their width, and no others', () => {
    expect(bytesToHex(integerWord(255, 8))).toBe(`0x${'0'.repeat(62)}ff`)
    expect(integerWord((1n << 256n) - 1n).every((byte) => byte === 255)).toBe(true)
    for (const [value, bits] of [
      [256, 8],
      [-1, 8],
      [1n << 256n, 256],
      [-1n, 256],
    ] as const) {
      expect(() => integerWord(value, bits)).toThrow(expect.objectContaining({ code: 'base/out-of-range' }))
    }
    expect(() => integerWord(1.5)).toThrow(RangeError)
  })

  it('take hex of their length, and no other', () => {
    expect(fixedBytes('0x0102', 2)).toEqual(Uint8Array.of(1, 2))
    for (const wrong of [() => addressWord('0x01'), () => bytes32Word('0x'), () => fixedBytes('0x010203', 2)]) {
      expect(wrong).toThrow(expect.objectContaining({ code: 'base/bad-hex' }))
    }
  })
})
