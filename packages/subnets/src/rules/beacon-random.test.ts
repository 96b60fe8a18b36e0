import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBeaconRandom, createBeaconStream } from './beacon-random.ts'

const beacon = `0x${'c3'.repeat(32)}` as const

describe('createBeaconRandom', () => {
  it('is SHA-256 in counter mode over beacon and label', () => {
    const label = createHash('sha256').update('label').digest()
    const block = (counter: number): Buffer => {
      const tail = Buffer.alloc(8)
      tail.writeBigUInt64BE(BigInt(counter))
      return createHash('sha256')
        .update(Buffer.from(beacon.slice(2), 'hex'))
        .update(label)
        .update(tail)
        .digest()
    }
    const random = createBeaconRandom(beacon, 'label')
    for (const counter of [0, 1]) {
      for (const offset of [0, 8, 16, 24]) expect(random.nextUint64()).toBe(block(counter).readBigUInt64BE(offset))
    }
  })

  it('is the same for every reader of a stream, however far others have read, beyond what is kept too', () => {
    const again = createBeaconStream(beacon, 'label')
    const expected = createBeaconRandom(beacon, 'label')
    const numbers = Array.from({ length: 4 * 4_096 + 20 }, () => expected.nextUint64())
    const [first, second] = [again(), again()]
    expect(numbers.slice(0, 5).map(() => second.nextUint64())).toEqual(numbers.slice(0, 5))
    expect(numbers.map(() => first.nextUint64())).toEqual(numbers)
    expect(numbers.slice(5).map(() => second.nextUint64())).toEqual(numbers.slice(5))
  })

  it('refuses beacons that are not 32 bytes and bounds that are no positive integers', () => {
    expect(() => createBeaconRandom('0x00', 'x')).toThrow(/32 bytes/)
    for (const bound of [0, -1, 1.5, Number.NaN, 2 ** 60])
      expect(() => createBeaconRandom(beacon, 'x').below(bound)).toThrow(/positive/)
  })

  it('gives the remainder of the next 64-bit number, however large the bound is', () => {
    const [random, twin] = [createBeaconRandom(beacon, 'twin'), createBeaconRandom(beacon, 'twin')]
    for (const bound of [1, 2, 3, 1_000, 65_536, 2 ** 21 - 1, 2 ** 21, 2 ** 21 + 1, 2 ** 32, 2 ** 53 - 1]) {
      for (let draw = 0; draw < 50; draw++) {
        expect(random.below(bound)).toBe(Number(twin.nextUint64() % BigInt(bound)))
      }
    }
  })

  it('favours no residue', () => {
    const random = createBeaconRandom(beacon, 'uniform')
    const drawn = Array.from({ length: 6_000 }, () => random.below(3))
    for (const residue of [0, 1, 2]) {
      // Five standard deviations around 2,000.
      expect(Math.abs(drawn.filter((value) => value === residue).length - 2_000)).toBeLessThan(183)
    }
  })

  it('samples different indices inside the range, ascending, all when there are no more', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(40), fc.string(), (count, size, label) => {
        const sample = createBeaconRandom(beacon, label).sample(count, size)
        expect(sample).toHaveLength(Math.min(count, size))
        expect(new Set(sample).size).toBe(sample.length)
        expect(sample.every((index) => index >= 0 && index < count)).toBe(true)
        expect([...sample]).toEqual([...sample].sort((a, b) => a - b))
      }),
    )
    expect(createBeaconRandom(beacon, 'x').sample(3, 10)).toEqual([0, 1, 2])
    expect(createBeaconRandom(beacon, 'x').sample(2 ** 50, 2)).toHaveLength(2)
  })

  it('draws every subset of two out of four about equally often', () => {
    const seen = new Map<string, number>()
    for (let i = 0; i < 1_200; i++) {
      const key = createBeaconRandom(beacon, `subset ${i}`).sample(4, 2).join()
      seen.set(key, (seen.get(key) ?? 0) + 1)
    }
    expect(seen.size).toBe(6)
    for (const times of seen.values()) expect(Math.abs(times - 200)).toBeLessThan(65)
  })
})
