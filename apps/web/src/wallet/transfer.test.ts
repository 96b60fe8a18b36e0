import type { WalletJson } from '@koinon/work/dashboard'
import { describe, expect, test } from 'vitest'
import { readDollars } from './dollar-field.tsx'
import { type Asset, draftTransfer } from './transfer.ts'

const wallet: WalletJson = {
  asOfBlock: 1,
  account: `0x${'aa'.repeat(20)}`,
  nativeAtomic: '1000000000000000000',
  koinAtomic: '2000000000000000000',
  dollarAtomic: '3000000',
  keys: [],
  payments: [],
}
const friend = `0x${'bB'.repeat(20)}`

describe('draftTransfer', () => {
  test.each([
    ['dollar', '1.5', 1_500_000n, '1.5 dollars'],
    ['koin', '2', 2_000_000_000_000_000_000n, '2 KOIN'],
    ['eth', '0.000000000000000001', 1n, '0.000000000000000001 ETH'],
  ] as const)('reads an amount of %s', (asset, amount, amountAtomic, words) => {
    const to = friend.toLowerCase()
    expect(draftTransfer(wallet, asset, ` ${friend} `, amount)).toEqual({
      asset,
      to,
      amountAtomic,
      sentence: `${words} to ${to}`,
    })
  })

  test.each([
    ['dollar', friend, '3.000001', /hold only 3 dollars/],
    ['dollar', friend, '0', /zero/],
    ['dollar', friend, '-1', /not an amount/],
    ['dollar', friend, '1e3', /not an amount/],
    ['dollar', friend, '0.0000001', /at most 6 places/],
    ['dollar', '0x12', '1', /not an account/],
    ['dollar', 'vitalik.eth', '1', /40 hexadecimal digits/],
    ['dollar', `0x${'00'.repeat(20)}`, '1', /lost/],
    ['dollar', `0x${'AA'.repeat(20)}`, '1', /your own/],
  ] as [Asset, string, string, RegExp][])('refuses %s to %s: %s', (asset, to, amount, problem) => {
    expect(draftTransfer(wallet, asset, to, amount)).toEqual({ problem: expect.stringMatching(problem) })
  })

  test('counts an unreadable balance as nothing', () => {
    expect(draftTransfer({ ...wallet, dollarAtomic: 'lots' }, 'dollar', friend, '1')).toHaveProperty('problem')
  })
})

describe('readDollars', () => {
  test.each([
    ['1.50', 1_500_000n],
    ['$2', 2_000_000n],
    [' 0.000001 ', 1n],
    ['0', undefined],
    ['', undefined],
    ['1,5', undefined],
    ['0.0000001', undefined],
    ['many', undefined],
  ])('%j', (text, atomic) => {
    expect(readDollars(text)).toBe(atomic)
  })
})
