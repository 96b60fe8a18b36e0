import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  admissionRefusal,
  availablePicoUsd,
  type ChannelAccount,
  unlimitedCreditPicoUsd,
  unsecuredPicoUsd,
  voucherDue,
  voucherFor,
  worstCasePicoUsd,
} from './admission.ts'
import { admissionError } from './refusals.ts'

const amount = fc.bigInt(0n, 10n ** 15n)
const accounts: fc.Arbitrary<ChannelAccount> = fc.record({
  depositAtomic: fc.bigInt(0n, 10n ** 9n),
  claimedAtomic: fc.bigInt(0n, 10n ** 9n),
  owedPicoUsd: amount,
  reservedPicoUsd: amount,
  voucherAtomic: fc.bigInt(0n, 10n ** 9n),
  creditLimitPicoUsd: fc.oneof(amount, fc.constant(unlimitedCreditPicoUsd)),
  status: fc.constantFrom('open', 'withdrawing', 'closed'),
})

describe('admission', () => {
  it('never lets debts and reservations exceed the deposit', () => {
    fc.assert(
      // An answer that costs nothing is admitted whatever is owed.
      fc.property(accounts, fc.bigInt(1n, 10n ** 15n), (account, maximum) => {
        if (admissionRefusal(account, maximum, unsecuredPicoUsd(account)) !== undefined) return
        expect(account.owedPicoUsd + account.reservedPicoUsd + maximum).toBeLessThanOrEqual(
          account.depositAtomic * 1_000_000n,
        )
        expect(account.status).toBe('open')
      }),
    )
  })

  it('bounds the loss of a payee by the credit limit and one worst case', () => {
    fc.assert(
      fc.property(accounts, amount, (account, maximum) => {
        if (admissionRefusal(account, maximum, unsecuredPicoUsd(account)) !== undefined) return
        const after = { ...account, reservedPicoUsd: account.reservedPicoUsd + maximum }
        expect(unsecuredPicoUsd(after)).toBeLessThanOrEqual(account.creditLimitPicoUsd + maximum)
      }),
    )
  })

  it('asks for vouchers that never exceed the debt or fall below the one held', () => {
    fc.assert(
      fc.property(accounts, (account) => {
        const due = voucherDue(account)
        expect(due).toBeGreaterThanOrEqual(account.voucherAtomic)
        if (due > account.voucherAtomic) expect(due).toBe(voucherFor(account.owedPicoUsd))
        expect(voucherFor(account.owedPicoUsd) * 1_000_000n).toBeLessThanOrEqual(account.owedPicoUsd)
        expect(availablePicoUsd(account)).toBeGreaterThanOrEqual(0n)
      }),
    )
  })

  it('prices the worst case of a request', () => {
    expect(
      worstCasePicoUsd({
        promptTokens: 10,
        maxTokens: 100,
        promptPricePicoUsdPerToken: 3n,
        outputPricePicoUsdPerToken: 7n,
      }),
    ).toBe(730n)
  })
})

describe('refusals', () => {
  const account: ChannelAccount = {
    depositAtomic: 1_500_000n,
    claimedAtomic: 0n,
    owedPicoUsd: 1_000_000_000_000n,
    reservedPicoUsd: 250_000_000_000n,
    voucherAtomic: 200_000n,
    creditLimitPicoUsd: 500_000_000_000n,
    status: 'open',
  }

  it('say in dollars what is missing and what to do', () => {
    const empty = admissionError('channel-empty', '0xaa', account, 300_000_000_000n, 0n)
    expect(empty.code).toBe('payments/channel-empty')
    expect(empty.message).toContain('up to 0.3 dollars and the channel has 0.25 left')
    expect(empty.hint).toContain('Top up')
    expect(empty.details?.['neededPicoUsd']).toBe('300000000000')
    const credit = admissionError('credit-exhausted', '0xaa', account, 1n, unsecuredPicoUsd(account))
    expect(credit.message).toContain('1.05 dollars')
    expect(credit.hint).toContain('1000000 atomic units')
    expect(credit.retry).toBe('later')
    expect(admissionError('channel-closing', '0xaa', account, 1n, unsecuredPicoUsd(account)).retry).toBe('never')
  })
})
