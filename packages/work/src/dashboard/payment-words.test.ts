import { describe, expect, it } from 'vitest'
import { gasSavedWords, paymentRefusalWords } from './payment-words.ts'

const gas = { charges: 1_000, deposits: 1, claims: 1, settlements: 1, asExactGas: 68_600_000, asChannelsGas: 226_300 }

describe('gasSavedWords', () => {
  it.each([
    [{ ...gas, isWhole: true }, /^About 68,373,700 gas saved: 1,000 exact payments would have taken 68,600,000/],
    [{ ...gas, asExactGas: 68_600, charges: 1, isWhole: true }, /^Channels took about 157,700 gas more than 1 exact/],
    [{ ...gas, charges: 0, asExactGas: 0, isWhole: true }, /nothing to compare/],
    [{ ...gas, isWhole: false }, /Not all claims were counted/],
  ])('says what channels saved or cost', (estimate, words) => {
    expect(gasSavedWords(estimate)).toMatch(words)
  })
})

describe('paymentRefusalWords', () => {
  it('has words for refusals, and the code where it has none', () => {
    expect(paymentRefusalWords('payments/voucher-short')).toBe('its voucher did not cover the call')
    expect(paymentRefusalWords('other/code')).toBe('of other/code')
  })
})
