import type { BatchItem } from 'node-llama-cpp'
import { describe, expect, it } from 'vitest'
import { shareEvenly } from './even-batching.ts'

const items = (...lengths: number[]): BatchItem[] =>
  lengths.map((length) => ({ tokens: Array(length).fill(0), logits: [], evaluationPriority: 5 }))
const shares = (size: number, ...lengths: number[]) =>
  shareEvenly({ items: items(...lengths), size }).map(({ processAmount }) => processAmount)

describe('shareEvenly', () => {
  it('gives everyone everything when there is room', () => {
    expect(shares(128, 2, 40, 6)).toEqual([2, 40, 6])
  })

  it('serves decode steps fully and shares the rest among prompts', () => {
    expect(shares(32, 2, 100, 2, 100)).toEqual([2, 14, 2, 14])
  })

  it('leaves out the newest when there is no room, and never hands out nothing', () => {
    expect(shares(4, 2, 2, 2)).toEqual([2, 2])
    expect(shares(5, 10, 10)).toEqual([2, 2])
  })

  it('refuses a slice of odd length, which must not happen', () => {
    expect(() => shares(16, 3)).toThrow('not even')
  })

  it('only ever gives even shares that fit, for any mix', () => {
    for (let seed = 1; seed < 500; seed++) {
      const lengths = Array.from({ length: 1 + (seed % 9) }, (_, i) => 2 * (1 + ((seed * 31 + i * 57) % 90)))
      const size = 2 + ((seed * 13) % 130)
      const given = shares(size, ...lengths)
      expect(given.every((share, i) => share % 2 === 0 && share >= 2 && share <= (lengths[i] as number))).toBe(true)
      const sum = given.reduce((total, share) => total + share, 0)
      const most = Math.min(
        size - (size % 2),
        lengths.reduce((total, length) => total + length, 0),
      )
      expect(sum).toBe(most)
    }
  })
})
