import { type Address, type Hex, sha256Hex, zeroHash } from '@koinon/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { computeEpoch, type EpochInputs, payableEmission, stakeHash, weightsHash } from './epoch-record.ts'
import { stakeMedian } from './stake-median.ts'
import { packRow } from './weight-row.ts'

const account = (byte: number): Address => `0x${byte.toString(16).padStart(2, '0').repeat(20)}`
const row = (...pairs: [number, number][]): Hex => packRow(pairs.map(([uid, weight]) => ({ uid, weight })))

describe('computeEpoch', () => {
  it('pays half to miners by incentive and half to validators by agreement', () => {
    const { payouts, result, leaves } = computeEpoch(setup(), stakeMedian)
    expect(payouts).toEqual([
      { account: account(1), asMiner: 375n, asValidator: 0n },
      { account: account(2), asMiner: 125n, asValidator: 0n },
      { account: account(10), asMiner: 0n, asValidator: 300n },
      { account: account(11), asMiner: 0n, asValidator: 200n },
    ])
    expect(result.cumulativeTotal).toBe(1_000n)
    expect(leaves.map(({ cumulativeAmount }) => cumulativeAmount)).toEqual([375n, 125n, 300n, 200n])
  })

  it('does not depend on the order of its inputs', () => {
    const inputs = setup()
    const shuffled = { ...inputs, seats: [...inputs.seats].reverse(), validators: [...inputs.validators].reverse() }
    expect(computeEpoch(shuffled, stakeMedian)).toEqual(computeEpoch(inputs, stakeMedian))
  })

  it('adds to what accounts had, and keeps those that earn nothing now', () => {
    const previous = {
      epoch: 1,
      carry: '0x' as const,
      leaves: [
        { account: account(1), cumulativeAmount: 10n },
        { account: account(99), cumulativeAmount: 7n },
      ],
    }
    const { leaves, result } = computeEpoch(
      { ...setup(), accruedBefore: 17n, accruedAfter: 1_017n, previous },
      stakeMedian,
    )
    expect(leaves.find((leaf) => leaf.account === account(1))?.cumulativeAmount).toBe(385n)
    expect(leaves.find((leaf) => leaf.account === account(99))?.cumulativeAmount).toBe(7n)
    expect(result.cumulativeTotal).toBe(1_017n)
  })

  it('merges an account that mines and validates into one leaf', () => {
    const inputs = {
      ...setup(),
      seats: [
        { uid: 0, hotkey: account(1) },
        { uid: 1, hotkey: account(11) },
      ],
    }
    const { leaves, payouts } = computeEpoch(inputs, stakeMedian)
    expect(leaves).toHaveLength(3)
    const both = payouts.find((payout) => payout.account === account(11))
    expect((both?.asMiner ?? 0n) > 0n && (both?.asValidator ?? 0n) > 0n).toBe(true)
  })

  it('pays nobody when nobody earned: no rows, no permits, no stake, empty rows', () => {
    const inputs = setup()
    const silent = inputs.validators.map((validator) => ({ ...validator, packedRow: undefined }))
    const abstaining = inputs.validators.map((validator) => ({ ...validator, packedRow: '0x' as const }))
    const unstaked = inputs.validators.map((validator) => ({ ...validator, stake: 0n }))
    for (const validators of [silent, abstaining, unstaked, []]) {
      const { payouts, result } = computeEpoch({ ...inputs, validators }, stakeMedian)
      expect(payouts).toEqual([])
      expect([result.root, result.cumulativeTotal]).toEqual([zeroHash, 0n])
    }
  })

  it('refuses repeated seats, uids and validators', () => {
    const inputs = setup()
    const seat = inputs.seats[0] as EpochInputs['seats'][number]
    const validator = inputs.validators[0] as EpochInputs['validators'][number]
    expect(() => computeEpoch({ ...inputs, seats: [seat, { ...seat, hotkey: account(5) }] }, stakeMedian)).toThrow(
      /uid appears twice/,
    )
    expect(() => computeEpoch({ ...inputs, seats: [seat, { ...seat, uid: 9 }] }, stakeMedian)).toThrow(
      /seat appears twice/,
    )
    expect(() => computeEpoch({ ...inputs, validators: [validator, validator] }, stakeMedian)).toThrow(
      /validator appears twice/,
    )
  })

  it('publishes a record whose hash is signed and whose inputs give the hashes', () => {
    const { recordText, result } = computeEpoch(setup(), stakeMedian)
    expect(result.dataHash).toBe(sha256Hex(recordText))
    const record = JSON.parse(recordText) as {
      emission: string
      validators: { hotkey: Address; stake: string; row: Hex | null }[]
    }
    expect(record.emission).toBe('1000')
    const validators = record.validators.map((item) => ({
      hotkey: item.hotkey,
      stake: BigInt(item.stake),
      packedRow: item.row ?? undefined,
    }))
    expect([weightsHash(validators), stakeHash(validators)]).toEqual([result.weightsHash, result.stakeHash])
  })

  it('never pays more than has accrued, to the last unit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt(1n, 10n ** 24n), { minLength: 1, maxLength: 6 }),
        fc.array(fc.boolean(), { maxLength: 6 }),
        (accruals, silent) => {
          let previous: EpochInputs['previous']
          let accrued = 0n
          accruals.forEach((own, epoch) => {
            const inputs = { ...setup(), epoch, accruedBefore: accrued, accruedAfter: accrued + own, previous }
            accrued += own
            if (silent[epoch] === true) return
            const { leaves, result, carry } = computeEpoch(inputs, stakeMedian)
            expect(result.cumulativeTotal).toBeLessThanOrEqual(accrued)
            previous = { epoch, leaves, carry }
          })
        },
      ),
    )
  })
})

describe('payableEmission', () => {
  it('releases a backlog at most one further emission an epoch', () => {
    expect(payableEmission({ accruedBefore: 0n, accruedAfter: 10n, previous: undefined })).toBe(10n)
    expect(payableEmission({ accruedBefore: 4n, accruedAfter: 14n, previous: undefined })).toBe(14n)
    expect(payableEmission({ accruedBefore: 1_000n, accruedAfter: 1_010n, previous: undefined })).toBe(20n)
  })

  it('refuses a ledger that paid more than it had', () => {
    const previous = { epoch: 0, carry: '0x' as const, leaves: [{ account: account(1), cumulativeAmount: 5n }] }
    expect(() => payableEmission({ accruedBefore: 4n, accruedAfter: 10n, previous })).toThrow(/More was paid/)
    expect(() => payableEmission({ accruedBefore: 9n, accruedAfter: 8n, previous: undefined })).toThrow(/accrual fell/)
  })
})

function setup(): EpochInputs {
  return {
    netuid: 1,
    epoch: 2,
    specHash: `0x${'77'.repeat(32)}`,
    seats: [
      { uid: 0, hotkey: account(1) },
      { uid: 1, hotkey: account(2) },
    ],
    validators: [
      { hotkey: account(10), stake: 60n, packedRow: row([0, 60_000], [1, 20_000]) },
      { hotkey: account(11), stake: 40n, packedRow: row([0, 60_000], [1, 20_000]) },
    ],
    accruedBefore: 0n,
    accruedAfter: 1_000n,
    previous: undefined,
  }
}
