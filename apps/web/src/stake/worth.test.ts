import type { PoolJson, StakeJson } from '@koinon/work/dashboard'
import { describe, expect, test } from 'vitest'
import { formatAlpha, totalWorth, worthOf } from './worth.ts'

const token = 10n ** 18n
const pools: readonly PoolJson[] = [
  {
    netuid: 1,
    name: 'inference',
    priceWad: `${token / 20n}`,
    averagePriceWad: `${token / 25n}`,
    poolKoinAtomic: `${100n * token}`,
    poolAlphaAtomic: `${2_000n * token}`,
    supplyAtomic: `${3_000n * token}`,
    openedAtSeconds: 5,
  },
  { netuid: 2, name: 'gone', potAtomic: `${30n * token}`, outstandingAtomic: `${60n * token}` },
  { netuid: 3, name: 'empty', potAtomic: '0', outstandingAtomic: '0' },
]

describe('worthOf', () => {
  test.each([
    [0, 7n * token, 7n * token],
    [1, 10n * token, token / 2n],
    [2, 10n * token, 5n * token],
    [3, 10n * token, 0n],
    [9, 10n * token, undefined],
  ])('of subnet %i', (netuid, amount, worth) => {
    expect(worthOf(pools, netuid, amount)).toBe(worth)
  })

  test('sums all that is held, whatever is done with it', () => {
    const of = (netuid: number, amount: bigint) => ({ netuid, amountAtomic: `${amount}`, hotkey: '0x1' })
    const stake: StakeJson = {
      account: '0x2',
      koinAtomic: `${1_000n * token}`,
      nowSeconds: 0,
      free: [of(1, 20n * token)],
      staked: [{ ...of(0, 3n * token), isBound: true }],
      leaving: [{ ...of(2, 2n * token), freeAtSeconds: 9 }],
      rootDividends: [of(1, 40n * token), of(9, token)],
    }
    expect(totalWorth(stake, pools)).toBe(7n * token)
  })
})

test('alpha is never called KOIN, nor KOIN on the root alpha', () => {
  expect(formatAlpha(4, 3n * token)).toBe('3 alpha of subnet 4')
  expect(formatAlpha(0, 3n * token)).toBe('3 KOIN')
})
