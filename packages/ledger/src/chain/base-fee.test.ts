import { describe, expect, it } from 'vitest'
import { nextBaseFeeWei } from './base-fee.ts'

const gasLimit = 60_000_000n

describe('nextBaseFeeWei', () => {
  it.each([
    // Worked by hand from EIP-1559: an eighth up for a full block, an eighth down for an empty one.
    ['an empty block', 0n, 1_000_000_000n, 875_000_000n],
    ['a full block', gasLimit, 1_000_000_000n, 1_125_000_000n],
    ['a block at the target', gasLimit / 2n, 1_000_000_000n, 1_000_000_000n],
    ['one transfer', 21_000n, 1_000_000_000n, 875_087_500n],
    ['a nearly free full block: at least one wei more', gasLimit, 3n, 4n],
    ['a nearly free empty block: no further down', 0n, 7n, 7n],
  ])('after %s', (_, gasUsed, baseFeePerGas, expected) => {
    expect(nextBaseFeeWei({ gasUsed, gasLimit, baseFeePerGas })).toBe(expected)
  })
})
