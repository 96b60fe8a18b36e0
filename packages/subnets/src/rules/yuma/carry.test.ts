import type { Address, Hex } from '@koinon/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bondsBetween, packBonds, unpackBonds } from './carry.ts'

const key = (index: number): Address => `0x${index.toString(16).padStart(40, '0')}`
const keys = fc
  .uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 })
  .map((list) => list.map(key))

describe('packBonds and unpackBonds', () => {
  it('write and read one spelling', () => {
    const stored = { validators: [key(2), key(1)], seats: [key(5), key(4)], bonds: Uint16Array.of(0, 7, 65_535, 0) }
    const packed = packBonds(stored)
    // Two validators, two seats, the four hotkeys ascending, then the columns of seats 4 and 5.
    expect(packed).toBe(`0x00020002${[1, 2, 4, 5].map((index) => key(index).slice(2)).join('')}0000ffff00070000`)
    expect(unpackBonds(packed)).toEqual({
      validators: [key(1), key(2)],
      seats: [key(4), key(5)],
      bonds: Uint16Array.of(0, 65_535, 7, 0),
    })
  })

  it('are 0x without a bond', () => {
    expect(packBonds({ validators: [key(1)], seats: [key(2)], bonds: Uint16Array.of(0) })).toBe('0x')
    expect(unpackBonds('0x').validators).toEqual([])
  })

  it('keep every bond between the same two, in whatever order they are asked for', () => {
    const matrix = fc.tuple(keys, keys).chain(([validators, seats]) =>
      fc.record({
        validators: fc.constant(validators),
        seats: fc.constant(seats),
        bonds: fc
          .array(fc.oneof(fc.constant(0), fc.nat(65_535)), {
            minLength: validators.length * seats.length,
            maxLength: validators.length * seats.length,
          })
          .map((list) => Uint16Array.from(list)),
      }),
    )
    fc.assert(
      fc.property(matrix, (stored) => {
        const again = unpackBonds(packBonds(stored))
        expect(bondsBetween(again, stored.validators, stored.seats)).toEqual(stored.bonds)
        expect(packBonds(again)).toBe(packBonds(stored))
      }),
    )
  })

  it.each<[string, Hex]>([
    ['half a header', '0x0001'],
    ['bonds that are missing', `0x00010001${key(1).slice(2)}${key(2).slice(2)}`],
    ['a byte too many', `0x00010001${key(1).slice(2)}${key(2).slice(2)}000100`],
    ['a bond of zero', `0x00010001${key(1).slice(2)}${key(2).slice(2)}0000`],
    ['validators in the wrong order', `0x00020001${[2, 1, 3].map((index) => key(index).slice(2)).join('')}00010001`],
    ['the same validator twice', `0x00020001${[1, 1, 3].map((index) => key(index).slice(2)).join('')}00010001`],
    ['no validators', `0x00000001${key(1).slice(2)}`],
  ])('refuse %s', (_, carried) => {
    expect(() => unpackBonds(carried)).toThrow(expect.objectContaining({ code: 'subnets/bad-carry' }))
  })
})
