import { describe, expect, it } from 'vitest'
import { byEntity, concentrationOf } from './index.ts'

describe('concentration', () => {
  it('is nothing without holders', () => {
    expect(concentrationOf([0n, 0n])).toEqual({
      holders: 0,
      total: 0n,
      nakamotoThird: 0,
      nakamotoHalf: 0,
      giniPpm: 0,
      herfindahl: 0,
      effectiveMilli: 0,
      topOnePpm: 0,
      topFivePpm: 0,
    })
  })

  it('of one holder is a monopoly', () => {
    expect(concentrationOf([7n])).toEqual({
      holders: 1,
      total: 7n,
      nakamotoThird: 1,
      nakamotoHalf: 1,
      giniPpm: 0,
      herfindahl: 10_000,
      effectiveMilli: 1_000,
      topOnePpm: 1_000_000,
      topFivePpm: 1_000_000,
    })
  })

  it.each([2, 3, 10, 100])('of %i equals is even', (count) => {
    const figures = concentrationOf(Array.from({ length: count }, () => 10n ** 18n))
    expect(figures.giniPpm).toBe(0)
    expect(figures.herfindahl).toBe(Math.floor(10_000 / count))
    expect(figures.effectiveMilli).toBe(1_000 * count)
    expect(figures.nakamotoThird).toBe(Math.floor(count / 3) + 1)
    expect(figures.nakamotoHalf).toBe(Math.floor(count / 2) + 1)
  })

  it('gives the figures of a worked example', () => {
    // Shares .5 .3 .1 .1: Gini = (-3 * .1 - .1 + .3 + 3 * .5) / 4, entropy 1.16828 (natural), HHI .25 + .09 + .01 + .01.
    expect(concentrationOf([1n, 3n, 1n, 5n])).toEqual({
      holders: 4,
      total: 10n,
      nakamotoThird: 1,
      nakamotoHalf: 2,
      giniPpm: 350_000,
      herfindahl: 3_600,
      effectiveMilli: 3_216,
      topOnePpm: 500_000,
      topFivePpm: 1_000_000,
    })
  })

  it('needs more than the threshold, not as much', () => {
    expect(concentrationOf([1n, 1n, 1n]).nakamotoThird).toBe(2)
    expect(concentrationOf([1n, 1n]).nakamotoHalf).toBe(2)
  })

  it('does not depend on order or unit, and refuses negative holdings', () => {
    const holdings = [5n, 900n, 31n, 31n, 2n]
    const figures = { ...concentrationOf(holdings), total: 0n }
    expect({ ...concentrationOf([...holdings].reverse()), total: 0n }).toEqual(figures)
    expect({ ...concentrationOf(holdings.map((holding) => holding * 10n ** 24n)), total: 0n }).toEqual(figures)
    expect(() => concentrationOf([-1n])).toThrow('never negative')
  })

  it('is no smaller by entity than by address', () => {
    const byAddress = new Map([
      ['a1', 4n],
      ['a2', 3n],
      ['b1', 3n],
    ])
    const entities = byEntity(byAddress, (holder) => holder[0] as string)
    expect(entities).toEqual(
      new Map([
        ['a', 7n],
        ['b', 3n],
      ]),
    )
    expect(concentrationOf([...byAddress.values()]).nakamotoHalf).toBe(2)
    expect(concentrationOf([...entities.values()]).nakamotoHalf).toBe(1)
  })
})
