import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { unlimitedCreditPicoUsd } from './admission.ts'
import { type ClaimableChannel, claimableTotal, decideClaims, unclaimedAtomic } from './claims.ts'

const base: ClaimableChannel = {
  channelId: '0x01',
  depositAtomic: 10_000_000n,
  claimedAtomic: 1_000_000n,
  owedPicoUsd: 1_500_000_000_000n,
  reservedPicoUsd: 0n,
  voucherAtomic: 1_500_000n,
  creditLimitPicoUsd: unlimitedCreditPicoUsd,
  status: 'open',
  unclaimedSinceMs: 1_000,
}
const policy = { thresholdAtomic: 1_000_000n, maximumAgeMs: 60_000, maximumRows: 50 }
const reasons = (channel: ClaimableChannel, nowMs = 2_000, phase: 'running' | 'stopping' = 'running') =>
  decideClaims([channel], policy, nowMs, phase).map((decision) => decision.reason)

describe('claims', () => {
  it('wait while little is unclaimed', () => {
    expect(reasons(base)).toEqual([])
  })

  it('are made for enough, for age, for a withdrawal and at the end', () => {
    expect(reasons({ ...base, owedPicoUsd: 2_000_000_000_000n, voucherAtomic: 2_000_000n })).toEqual(['threshold'])
    expect(reasons(base, 61_000)).toEqual(['age'])
    expect(reasons({ ...base, status: 'withdrawing' })).toEqual(['withdrawal'])
    expect(reasons(base, 2_000, 'stopping')).toEqual(['stopping'])
  })

  it('are not made where nothing is to be had', () => {
    expect(reasons({ ...base, claimedAtomic: 1_500_000n, status: 'withdrawing' }, 61_000, 'stopping')).toEqual([])
    expect(reasons({ ...base, status: 'closed' }, 61_000, 'stopping')).toEqual([])
  })

  it('never take more than is owed, whatever the voucher says', () => {
    expect(claimableTotal({ ...base, voucherAtomic: 9_000_000n })).toBe(1_500_000n)
  })

  it('put channels in danger first, then the largest', () => {
    const order = decideClaims(
      [
        { ...base, channelId: '0x01', owedPicoUsd: 3_000_000_000_000n, voucherAtomic: 3_000_000n },
        { ...base, channelId: '0x02', owedPicoUsd: 4_000_000_000_000n, voucherAtomic: 4_000_000n },
        { ...base, channelId: '0x03', status: 'withdrawing' },
      ],
      policy,
      2_000,
      'running',
    )
    expect(order.map((decision) => decision.channelId)).toEqual(['0x03', '0x02', '0x01'])
  })

  it('stay within debt, voucher and deposit for any channel', () => {
    const amounts = fc.bigInt(0n, 10n ** 8n)
    fc.assert(
      fc.property(amounts, amounts, amounts, amounts, (deposit, claimed, owed, voucher) => {
        const channel = {
          ...base,
          depositAtomic: deposit,
          claimedAtomic: claimed,
          owedPicoUsd: owed * 1_000_000n + 999_999n,
          voucherAtomic: voucher,
        }
        const total = claimableTotal(channel)
        expect(total <= deposit && total <= owed && total <= voucher).toBe(true)
        expect(unclaimedAtomic(channel) === 0n || total > claimed).toBe(true)
      }),
    )
  })
})
