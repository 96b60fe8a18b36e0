import { describe, expect, it } from 'vitest'
import { whatIfJson, whatIfText } from './what-if-words.ts'

const token = 10n ** 18n
const account = (digit: string) => `0x${digit.repeat(40)}` as const
const found: Parameters<typeof whatIfText>[0] = {
  netuid: 3,
  head: { block: 9, hash: `0x${'ab'.repeat(32)}`, seconds: 1_700_000_000 },
  changes: ['immunitySeconds 600'],
  epochs: [4, 5],
  accounts: [
    { account: account('a'), did: { mined: 2n * token, dividends: 0n }, would: { mined: 3n * token, dividends: 0n } },
    { account: account('b'), did: { mined: 0n, dividends: 0n }, would: { mined: token, dividends: 0n } },
  ],
  owner: { did: token, would: token },
  seats: [
    { kind: 'challenge', account: account('c'), seconds: 1_700_000_000, paid: token, would: token, refused: 'immune' },
    {
      kind: 'match',
      account: account('d'),
      seconds: 1_700_000_060,
      paid: token,
      would: 2n * token,
      refused: undefined,
    },
  ],
  unknown: ['what people would have done'],
  isUnchanged: false,
}

describe('what would have been, in words', () => {
  it('names each sale of a seat with its kind, its price, and why it would not have been', () => {
    const text = whatIfText(found)
    expect(text).toContain('seats sold in that time:')
    expect(text).toMatch(/when +what +account +KOIN +would/)
    expect(text).toMatch(/2023-11-14 \S+ UTC +challenge +0xc+ +1 +not possible: immune/)
    expect(text).toMatch(/2023-11-14 \S+ UTC +match +0xd+ +1 +2/)
  })

  it('shows changes in per cent of what was, and says when there are accounts or seats beyond what it shows', () => {
    const text = whatIfText(found)
    expect(text).toMatch(/0xa+ .*\+50 %/)
    expect(text).toMatch(/0xb+ .* new/)
    expect(text).toMatch(/owner .* same/)
    expect(whatIfText({ ...found, seats: [] })).not.toContain('seats sold')
    const many = Array.from({ length: 23 }, () => found.accounts[0] as (typeof found.accounts)[number])
    expect(whatIfText({ ...found, accounts: many })).toContain('and 3 accounts more: --json names them all')
    const sales = Array.from({ length: 24 }, () => found.seats[1] as (typeof found.seats)[number])
    expect(whatIfText({ ...found, seats: sales })).toContain('the last 20 of 24 seats sold in that time')
  })

  it('is in JSON what it is in text, amounts as decimal strings', () => {
    expect(JSON.parse(JSON.stringify(whatIfJson(found)))).toMatchObject({
      epochs: [4, 5],
      owner: { didAtomic: `${token}`, wouldAtomic: `${token}` },
      seats: [
        { kind: 'challenge', paidAtomic: `${token}`, refused: 'immune' },
        { kind: 'match', wouldAtomic: `${2n * token}`, refused: null },
      ],
    })
  })
})
