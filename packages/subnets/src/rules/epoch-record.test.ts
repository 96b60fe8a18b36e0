import { type Address, type Hex, sha256Hex } from '@koinon/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { computeEpoch, type EpochComputation, type EpochInputs, hashOfWords, payableEmission } from './epoch-record.ts'
import { parseSeatWord, seatWord } from './seat-words.ts'
import { stakeMedian } from './stake-median.ts'
import { packRow } from './weight-row.ts'

const account = (byte: number): Address => `0x${byte.toString(16).padStart(2, '0').repeat(20)}`
const row = (...pairs: [number, number][]): Hex => packRow(pairs.map(([uid, weight]) => ({ uid, weight })))

describe('computeEpoch', () => {
  it('pays half to miners by incentive and half to validators by agreement', () => {
    const computed = computeEpoch(setup(), stakeMedian)
    const { payouts, result } = computed
    expect(payouts).toEqual([
      { account: account(1), asMiner: 375n, asValidator: 0n },
      { account: account(2), asMiner: 125n, asValidator: 0n },
      { account: account(10), asMiner: 0n, asValidator: 300n },
      { account: account(11), asMiner: 0n, asValidator: 200n },
    ])
    expect(result.cumulativeTotal).toBe(1_000n)
    expect(amounts(computed)).toEqual([375n, 125n, 300n, 200n])
  })

  it('does not depend on the order of its inputs', () => {
    const inputs = setup()
    const shuffled = { ...inputs, seats: [...inputs.seats].reverse(), validators: [...inputs.validators].reverse() }
    expect(computeEpoch(shuffled, stakeMedian)).toEqual(computeEpoch(inputs, stakeMedian))
  })

  it('adds to what a holder had for its seat, and begins anew with another holder', () => {
    const had = seatWord({ tenure: 0, consensus: 0n, rank: 0n, dividend: 0n, cumulative: 10n })
    const previous = { epoch: 1, carry: '0x' as const, words: [had, had, had], cumulativeTotal: 30n }
    const inputs = { ...setup(), accruedBefore: 30n, accruedAfter: 1_030n, previous }
    const changed = inputs.seats.map((seat) => (seat.uid === 1 ? { ...seat, sinceSeconds: 3_200 } : seat))
    const { result, ...computed } = computeEpoch({ ...inputs, seats: changed }, stakeMedian)
    expect(amounts(computed)).toEqual([385n, 125n, 310n, 200n])
    expect(result.cumulativeTotal).toBe(1_030n)
    const words = computed.posting.seats.map((word) => parseSeatWord(word).tenure)
    expect(words).toEqual([2, 0, 2, 2])
  })

  it('pays an account for mining and validating in one word', () => {
    const inputs = setup()
    const rows = { hotkey: account(11), stake: 40n, packedRow: row([0, 60_000], [2, 60_000]) }
    const { payouts } = computeEpoch(
      {
        ...inputs,
        validators: inputs.validators.map((one) =>
          one.hotkey === account(10)
            ? { ...rows, hotkey: account(10), stake: 60n, packedRow: row([0, 60_000], [3, 60_000]) }
            : one,
        ),
      },
      stakeMedian,
    )
    const both = payouts.find((payout) => payout.account === account(11))
    expect((both?.asMiner ?? 0n) > 0n && (both?.asValidator ?? 0n) > 0n).toBe(true)
  })

  it('lets an old row stand in at half its weight an epoch, but not for seats taken since', () => {
    const inputs = setup()
    const old = (rowAge: number) =>
      inputs.validators.map((one) => (one.hotkey === account(11) ? { ...one, rowAge } : one))
    const dividends = (computed: EpochComputation) => computed.posting.seats.map((word) => parseSeatWord(word).dividend)
    const [, , first, second] = dividends(computeEpoch({ ...inputs, validators: old(1) }, stakeMedian))
    // 60 against 40 / 2.
    expect([(first as bigint) >> 30n, (second as bigint) >> 30n]).toEqual([3n, 1n])
    const seats = inputs.seats.map((seat) => (seat.uid === 0 ? { ...seat, sinceSeconds: 3_100 } : seat))
    const newcomer = dividends(computeEpoch({ ...inputs, seats, validators: old(1) }, stakeMedian))
    expect((newcomer[3] as bigint) < (second as bigint)).toBe(true)
  })

  it('pays a validator without a seat nothing, and nobody its part', () => {
    const inputs = setup()
    const seats = inputs.seats.filter(({ uid }) => uid !== 3)
    const { payouts, result } = computeEpoch({ ...inputs, seats }, stakeMedian)
    expect(payouts.map(({ asValidator }) => asValidator)).toEqual([0n, 0n, 500n])
    expect(result.cumulativeTotal).toBe(1_000n)
  })

  it('pays nobody when nobody earned: no rows, no permits, no stake, empty rows', () => {
    const inputs = setup()
    const silent = inputs.validators.map((validator) => ({ ...validator, packedRow: undefined }))
    const abstaining = inputs.validators.map((validator) => ({ ...validator, packedRow: '0x' as const }))
    const unstaked = inputs.validators.map((validator) => ({ ...validator, stake: 0n }))
    for (const validators of [silent, abstaining, unstaked, []]) {
      const { payouts, result } = computeEpoch({ ...inputs, validators }, stakeMedian)
      expect(payouts).toEqual([])
      expect(result.cumulativeTotal).toBe(0n)
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

  it('publishes a record whose hash is signed, and posts the words that give the hashes', () => {
    const { recordText, result, posting } = computeEpoch(setup(), stakeMedian)
    expect(result.dataHash).toBe(sha256Hex(recordText))
    const record = JSON.parse(recordText) as { emission: string; words: Hex[] }
    expect([record.emission, record.words]).toEqual(['1000', posting.seats])
    expect([hashOfWords(posting.validators), hashOfWords(posting.carry)]).toEqual([
      result.validatorsHash,
      result.carryHash,
    ])
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
            const inputs = {
              ...setup(),
              epoch,
              startsAtSeconds: 1_000 + 1_000 * epoch,
              accruedBefore: accrued,
              accruedAfter: accrued + own,
              previous,
            }
            accrued += own
            if (silent[epoch] === true) return
            const { result, carry, ...computed } = computeEpoch(inputs, stakeMedian)
            expect(result.cumulativeTotal).toBeLessThanOrEqual(accrued)
            expect(amounts(computed).reduce((sum, amount) => sum + amount, 0n)).toBe(result.cumulativeTotal)
            previous = { epoch, words: computed.posting.seats, cumulativeTotal: result.cumulativeTotal, carry }
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
    const previous = { epoch: 0, carry: '0x' as const, words: [], cumulativeTotal: 5n }
    expect(() => payableEmission({ accruedBefore: 4n, accruedAfter: 10n, previous })).toThrow(/More was paid/)
    expect(() => payableEmission({ accruedBefore: 9n, accruedAfter: 8n, previous: undefined })).toThrow(/accrual fell/)
  })
})

function amounts({ posting }: Pick<EpochComputation, 'posting'>): readonly bigint[] {
  return posting.seats.map((word) => parseSeatWord(word).cumulative)
}

function setup(): EpochInputs {
  return {
    netuid: 1,
    epoch: 2,
    specHash: `0x${'77'.repeat(32)}`,
    startsAtSeconds: 3_000,
    epochSeconds: 1_000,
    seats: [1, 2, 10, 11].map((byte, uid) => ({ uid, hotkey: account(byte), sinceSeconds: 1_500 })),
    validators: [
      { hotkey: account(10), stake: 60n, packedRow: row([0, 60_000], [1, 20_000]) },
      { hotkey: account(11), stake: 40n, packedRow: row([0, 60_000], [1, 20_000]) },
    ],
    accruedBefore: 0n,
    accruedAfter: 1_000n,
    previous: undefined,
  }
}
