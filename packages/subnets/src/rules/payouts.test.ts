import type { Address } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { payableEmission, payoutsOf, seatClaims } from './payouts.ts'
import { climbFromAmount, resultRoot, seatProof } from './result-tree.ts'
import { amountWord } from './seat-words.ts'
import { climbWordTree } from './word-tree.ts'

const both = (amount: bigint) => ({ miners: amount, dividends: amount })

describe('payableEmission', () => {
  it('releases a backlog at most one further emission an epoch, each part by itself', () => {
    const payable = (before: bigint, after: bigint) =>
      payableEmission({ accruedBefore: both(before), accruedAfter: both(after), previous: undefined }).miners
    expect([payable(0n, 10n), payable(4n, 14n), payable(1_000n, 1_010n)]).toEqual([10n, 14n, 20n])
    const accruedBefore = { miners: 1_000n, dividends: 4n }
    const accruedAfter = { miners: 1_010n, dividends: 4n }
    expect(payableEmission({ accruedBefore, accruedAfter, previous: undefined })).toEqual({
      miners: 20n,
      dividends: 0n,
    })
  })

  it('refuses a ledger that paid more than it had', () => {
    const previous = { totals: { miners: 4n, dividends: 5n } }
    expect(() => payableEmission({ accruedBefore: both(4n), accruedAfter: both(10n), previous })).toThrow(
      /More was paid/,
    )
    expect(() => payableEmission({ accruedBefore: both(9n), accruedAfter: both(8n), previous: undefined })).toThrow(
      /accrual fell/,
    )
  })
})

describe('payoutsOf', () => {
  it('pays nobody when there is no rank, though validators agreed', () => {
    expect(payoutsOf([{ rank: 0n, dividend: 9n }], both(100n))).toEqual([{ mined: 0n, dividends: 0n }])
    expect(payoutsOf([{ rank: 1n, dividend: 0n }], both(100n))).toEqual([{ mined: 100n, dividends: 0n }])
  })
})

describe('seatClaims', () => {
  it('proves what each seat that earned is owed, and no seat word for an amount', () => {
    const hotkey: Address = `0x${'0a'.repeat(20)}`
    const words = {
      seats: [amountWord({ mined: 9n, dividends: 9n })],
      amounts: [amountWord({ mined: 1n, dividends: 2n }), amountWord({ mined: 0n, dividends: 0n })],
    }
    const claims = seatClaims(
      [0, 1, 2].map((uid) => ({ uid, hotkey, sinceSeconds: 5 })),
      words,
    )
    expect(claims).toMatchObject([{ uid: 0, mined: 1n, dividends: 2n }])
    const [claim] = claims
    if (claim === undefined) throw new Error('one seat earned')
    expect(climbFromAmount(claim.word, 0, claim.proof)).toBe(resultRoot(words))
    expect(climbFromAmount(words.seats[0] as typeof claim.word, 0, seatProof(words, 0))).not.toBe(resultRoot(words))
    expect(climbWordTree(words.seats[0] as typeof claim.word, 0, seatProof(words, 0))).toBe(resultRoot(words))
  })
})
