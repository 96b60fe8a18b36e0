import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wholeQ32 } from '../fixed/q32.ts'
import { weightedMedian } from './weighted-median.ts'

const { vectors } = JSON.parse(
  readFileSync(new URL('../../../../../specs/vectors/incentives.json', import.meta.url), 'utf8'),
) as { vectors: { label: string; cases: [number[], number[], number, number][] }[] }
const fixed = (values: readonly number[]): Float64Array =>
  Float64Array.from(values, (value) => Math.round(value * wholeQ32))

const votes = fc.array(fc.record({ stake: fc.integer({ min: 1, max: 100 }), value: fc.nat(9) }), {
  minLength: 1,
  maxLength: 30,
})
const medianOf = (list: readonly { readonly stake: number; readonly value: number }[], minority: number): number =>
  weightedMedian(
    Float64Array.from(list, ({ stake }) => stake),
    Float64Array.from(list, ({ value }) => value),
    minority,
  )

describe('weightedMedian', () => {
  it('follows the vector', () => {
    const cases = vectors.find(({ label }) => label.startsWith('weighted_median'))?.cases ?? []
    expect(cases).toHaveLength(10)
    for (const [stakes, scores, majority, median] of cases) {
      const minority = wholeQ32 - (fixed([majority])[0] as number)
      expect(weightedMedian(fixed(stakes), fixed(scores), minority)).toBe(fixed([median])[0])
    }
  })

  it('is the smallest value with more than the minority at or below it, else the largest', () => {
    fc.assert(
      fc.property(votes, fc.integer({ min: -10, max: 3_500 }), (list, minority) => {
        const atMost = (bound: number): number =>
          list.reduce((sum, { stake, value }) => (value <= bound ? sum + stake : sum), 0)
        const values = list.map(({ value }) => value).sort((a, b) => a - b)
        expect(medianOf(list, minority)).toBe(values.find((value) => atMost(value) > minority) ?? values.at(-1))
      }),
      { numRuns: 1_000 },
    )
  })

  it('does not depend on the order of the votes', () => {
    fc.assert(
      fc.property(votes, fc.nat(3_000), fc.nat(29), (list, minority, turn) => {
        const moved = [...list.slice(turn % list.length), ...list.slice(0, turn % list.length)].reverse()
        expect(medianOf(moved, minority)).toBe(medianOf(list, minority))
      }),
    )
  })

  it('is 0 where nobody votes', () => {
    expect(weightedMedian(new Float64Array(0), new Float64Array(0), 1)).toBe(0)
  })
})
