import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { bytesToHex } from './bytes.ts'
import { isKoinonError } from './errors.ts'
import { sha256Hex } from './hash.ts'
import { defineStruct, type FieldKind } from './struct.ts'

type StructVector = {
  readonly name: string
  readonly fields: Record<string, FieldKind>
  readonly json: Record<string, string | number | boolean>
  readonly encoding: string
  readonly hash: string
}
const vectors = JSON.parse(readFileSync(new URL('../../../specs/vectors/encoding.json', import.meta.url), 'utf8')) as {
  structs: readonly StructVector[]
}

describe('defineStruct', () => {
  it.each(vectors.structs)('encodes and hashes the vector $name', ({ name, fields, json, encoding, hash }) => {
    const type = defineStruct(name, fields)
    const value = type.fromJson(json)
    expect(bytesToHex(type.encode(value))).toBe(encoding)
    expect(type.hash(value)).toBe(hash)
    expect(type.toJson(value)).toEqual(json)
  })

  it('starts with the hash of the signature, so two types with the same values differ', () => {
    const a = defineStruct('A', { x: 'uint32' })
    const b = defineStruct('B', { x: 'uint32' })
    expect(a.signature).toBe('A(uint32 x)')
    expect(bytesToHex(a.encode({ x: 7 })).slice(0, 66)).toBe(sha256Hex('A(uint32 x)'))
    expect(a.hash({ x: 7 })).not.toBe(b.hash({ x: 7 }))
  })

  const wide = defineStruct('Wide', {
    number: 'uint53',
    big: 'uint128',
    owner: 'address',
    id: 'bytes16',
    text: 'string',
  })
  const good = { number: 1, big: '2', owner: `0x${'ab'.repeat(20)}`, id: `0x${'01'.repeat(16)}`, text: 'x' }

  it.each([
    ['a negative number', { ...good, number: -1 }],
    ['negative zero', { ...good, number: -0 }],
    ['a fraction', { ...good, number: 0.5 }],
    ['a number above 53 bits', { ...good, number: 2 ** 53 }],
    ['a bigint given as a number', { ...good, big: 2 }],
    ['a leading zero', { ...good, big: '02' }],
    ['a bigint above its width', { ...good, big: (1n << 128n).toString() }],
    ['an address with capitals', { ...good, owner: `0x${'AB'.repeat(20)}` }],
    ['short bytes', { ...good, id: '0x01' }],
    ['a lone surrogate', { ...good, text: '\ud800' }],
    ['an unknown field', { ...good, extra: 1 }],
    ['a missing field', { number: 1 }],
    ['a list', []],
    ['null', null],
  ])('refuses %s', (_, json) => {
    expect(() => wide.fromJson(json)).toThrowError(
      expect.toSatisfy((error) => isKoinonError(error) && error.code === 'base/bad-field'),
    )
  })

  it('remembers the hash of a parsed value only, which nobody can change any more', () => {
    const parsed = wide.fromJson(good)
    expect(Object.isFrozen(parsed)).toBe(true)
    const built = { ...parsed }
    expect(wide.hash(built)).toBe(wide.hash(parsed))
    expect(wide.hash(Object.assign(built, { number: 9 }))).toBe(wide.hash({ ...parsed, number: 9 }))
  })

  it('writes wide integers and numbers beyond 32 bits to their last bit', () => {
    const ends = defineStruct('Ends', { a: 'uint53', b: 'uint64', c: 'uint256' })
    const encoded = bytesToHex(ends.encode({ a: 2 ** 53 - 1, b: 2n ** 64n - 1n, c: 2n ** 255n + 1n }))
    expect(encoded.slice(66)).toBe(
      `${'1fffffffffffff'.padStart(64, '0')}${'f'.repeat(16).padStart(64, '0')}8${'0'.repeat(62)}1`,
    )
  })

  it('hashes more different texts than it remembers', () => {
    const texts = Array.from({ length: 600 }, (_, index) => `text ${index}`)
    const hashes = texts.map((text) => wide.hash({ ...wide.fromJson(good), text }))
    expect(new Set(hashes).size).toBe(600)
    expect(texts.map((text) => wide.hash({ ...wide.fromJson(good), text }))).toEqual(hashes)
  })

  it.each(['toString', '__proto__', 'constructor'])('refuses the inherited name %s as a field', (name) => {
    expect(() => wide.fromJson(JSON.parse(JSON.stringify(good).replace('"text"', `"${name}":1,"text"`)))).toThrow(
      /not a known field/,
    )
  })

  it('changes its hash with every single field', () => {
    const value = wide.fromJson(good)
    const others = [
      { ...value, number: 2 },
      { ...value, big: 3n },
      { ...value, owner: `0x${'ac'.repeat(20)}` as const },
      { ...value, id: `0x${'02'.repeat(16)}` as const },
      { ...value, text: 'y' },
    ]
    expect(new Set([value, ...others].map((item) => wide.hash(item))).size).toBe(6)
  })
})
