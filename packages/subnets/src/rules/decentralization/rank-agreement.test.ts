import { describe, expect, it } from 'vitest'
import { meanAgreementPpm, spearmanPpm } from './index.ts'

describe('agreement of ranks', () => {
  it('is whole for the same order, minus one for the opposite', () => {
    expect(spearmanPpm([1, 2, 3, 4], [10, 20, 30, 1000])).toBe(1_000_000)
    expect(spearmanPpm([1, 2, 3, 4], [9, 7, 5, 1])).toBe(-1_000_000)
  })

  it('shares ranks between ties', () => {
    // Ranks 1 2.5 2.5 4 against 1 2 3 4: 4.5 / sqrt(4.5 * 5).
    expect(spearmanPpm([1, 5, 5, 9], [1, 2, 3, 4])).toBe(948_683)
  })

  it('gives a known figure', () => {
    // 1 - 6 * (1 + 1 + 0 + 1 + 1) / (5 * 24)
    expect(spearmanPpm([1, 2, 3, 4, 5], [2, 1, 3, 5, 4])).toBe(800_000)
  })

  it('is undefined where there is no order', () => {
    expect(spearmanPpm([1, 1, 1], [1, 2, 3])).toBeUndefined()
    expect(spearmanPpm([1], [1])).toBeUndefined()
    expect(spearmanPpm([1, 2], [1, 2, 3])).toBeUndefined()
    expect(meanAgreementPpm([])).toBeUndefined()
    expect(meanAgreementPpm([[1, 2]])).toBeUndefined()
  })

  it('averages over all pairs of rows', () => {
    expect(
      meanAgreementPpm([
        [1, 2, 3],
        [1, 2, 3],
        [3, 2, 1],
      ]),
    ).toBe(-333_333)
  })
})
