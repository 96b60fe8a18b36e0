import { describe, expect, it } from 'vitest'
import { pooledRandom } from './pooled-random.ts'

describe('pooledRandom', () => {
  it('hands out every byte once and asks rarely', () => {
    let asked = 0
    let next = 0
    const random = pooledRandom((count) => {
      asked += 1
      return Uint8Array.from({ length: count }, () => next++ % 256)
    }, 64)
    const drawn = Array.from({ length: 8 }, () => [...random(16)]).flat()
    expect(drawn).toEqual(Array.from({ length: 128 }, (_, index) => index))
    expect(asked).toBe(2)
    expect(random(100)).toHaveLength(100)
  })
})
