import { describe, expect, test } from 'vitest'
import { draftAmount, exactText } from './draft-amount.ts'

const token = 10n ** 18n

describe('draftAmount', () => {
  test('reads what is there, to the last unit', () => {
    expect(draftAmount(' 1.5 ', 1, 2n * token)).toEqual({ amount: (3n * token) / 2n })
    const held = 2n * token + 1n
    expect(draftAmount(exactText(held), 1, held)).toEqual({ amount: held })
  })

  test.each([
    ['', 1, undefined],
    ['0', 1, /zero/],
    ['-1', 1, /not an amount/],
    ['1e3', 1, /not an amount/],
    ['2.1', 1, /only 2 alpha of subnet 1/],
    ['2.1', 0, /only 2 KOIN/],
    ['0.0000000000000000001', 1, /at most 18 places/],
  ])('refuses %j in subnet %i', (text, netuid, problem) => {
    const draft = draftAmount(text, netuid, 2n * token)
    expect(draft).toEqual({ problem: problem === undefined ? undefined : expect.stringMatching(problem) })
  })
})
