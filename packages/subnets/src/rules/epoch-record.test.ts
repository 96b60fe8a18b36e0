import { type Address, type Hex, sha256Hex, zeroHash } from '@koinon/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EpochInputs } from './epoch-inputs.ts'
import { computeEpoch, type EpochComputation, hashOfWords } from './epoch-record.ts'
import { resultRoot } from './result-tree.ts'
import { amountWord, parseAmountWord, parseSeatWord } from './seat-words.ts'
import { stakeMedian } from './stake-median.ts'
import { packRow } from './weight-row.ts'

const account = (byte: number): Address => `0x${byte.toString(16).padStart(2, '0').repeat(20)}`
const row = (...pairs: [number, number][]): Hex => packRow(pairs.map(([uid, weight]) => ({ uid, weight })))

describe('computeEpoch', () => {
  it('divides the miners part by incentive and the dividends by agreement', () => {
    const computed = computeEpoch(setup(), stakeMedian)
    const { payouts, result } = computed
    expect(payouts).toEqual([
      { account: account(1), asMiner: 375n, asValidator: 0n },
      { account: account(2), asMiner: 125n, asValidator: 0n },
      { account: account(10), asMiner: 0n, asValidator: 300n },
      { account: account(11), asMiner: 0n, asValidator: 200n },
    ])
    expect(totals(result)).toEqual([500n, 500n])
    expect(amounts(computed)).toEqual([
      [375n, 0n],
      [125n, 0n],
      [0n, 300n],
      [0n, 200n],
    ])
  })

  it('pays the two parts apart, whatever the other has', () => {
    const { payouts, result } = computeEpoch({ ...setup(), accruedAfter: { miners: 0n, dividends: 10n } }, stakeMedian)
    expect(payouts.map(({ asMiner, asValidator }) => [asMiner, asValidator])).toEqual([
      [0n, 6n],
      [0n, 4n],
    ])
    expect(totals(result)).toEqual([0n, 10n])
  })

  it('does not depend on the order of its inputs', () => {
    const inputs = setup()
    const shuffled = { ...inputs, seats: [...inputs.seats].reverse(), validators: [...inputs.validators].reverse() }
    expect(computeEpoch(shuffled, stakeMedian)).toEqual(computeEpoch(inputs, stakeMedian))
  })

  it('adds to what a holder had for its seat, and begins anew with another holder', () => {
    const had = amountWord({ mined: 10n, dividends: 7n })
    const words = { seats: [], amounts: [had, had, had] }
    const paid = { miners: 30n, dividends: 21n }
    const previous = {
      epoch: 1,
      resultHash: `0x${'0a'.repeat(32)}` as const,
      carry: '0x' as const,
      words,
      totals: paid,
    }
    const inputs = { ...setup(), accruedBefore: paid, accruedAfter: { miners: 530n, dividends: 521n }, previous }
    const changed = inputs.seats.map((seat) => (seat.uid === 1 ? { ...seat, sinceSeconds: 3_200 } : seat))
    const { result, ...computed } = computeEpoch({ ...inputs, seats: changed }, stakeMedian)
    expect(amounts(computed)).toEqual([
      [385n, 7n],
      [125n, 0n],
      [10n, 307n],
      [0n, 200n],
    ])
    expect(totals(result)).toEqual([530n, 521n])
    expect(computed.posting.seats.map((word) => parseSeatWord(word).tenure)).toEqual([2, 0, 2, 2])
  })

  it('goes on from what a wrong result said, however much that was, and names it', () => {
    const resultHash = `0x${'0a'.repeat(32)}` as const
    const had = amountWord({ mined: (1n << 128n) - 1n, dividends: 0n })
    const totals = { miners: 30n, dividends: 21n }
    const previous = { epoch: 1, resultHash, carry: '0x' as const, words: { seats: [], amounts: [had] }, totals }
    const inputs = { ...setup(), accruedBefore: totals, accruedAfter: { miners: 530n, dividends: 521n }, previous }
    const { posting, result, recordText } = computeEpoch(inputs, stakeMedian)
    expect(amounts({ posting })[0]?.[0]).toBe((1n << 128n) - 1n)
    expect([result.previousHash, JSON.parse(recordText).previousHash]).toEqual([resultHash, resultHash])
    const first = computeEpoch({ ...inputs, previous: undefined }, stakeMedian)
    expect([first.result.previousHash, JSON.parse(first.recordText).previousHash]).toEqual([zeroHash, null])
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
    expect(totals(result)).toEqual([500n, 500n])
  })

  it('pays nobody when nobody earned: no rows, no permits, no stake, empty rows', () => {
    const inputs = setup()
    const silent = inputs.validators.map((validator) => ({ ...validator, packedRow: undefined }))
    const abstaining = inputs.validators.map((validator) => ({ ...validator, packedRow: '0x' as const }))
    const unstaked = inputs.validators.map((validator) => ({ ...validator, stake: 0n }))
    for (const validators of [silent, abstaining, unstaked, []]) {
      const { payouts, result } = computeEpoch({ ...inputs, validators }, stakeMedian)
      expect(payouts).toEqual([])
      expect(totals(result)).toEqual([0n, 0n])
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
    const record = JSON.parse(recordText) as { emission: unknown; seatWords: Hex[]; amountWords: Hex[] }
    expect(record.emission).toEqual({ miners: '500', dividends: '500' })
    expect([record.seatWords, record.amountWords]).toEqual([posting.seats, posting.amounts])
    expect([resultRoot(posting), hashOfWords(posting.validators), hashOfWords(posting.carry)]).toEqual([
      result.root,
      result.validatorsHash,
      result.carryHash,
    ])
  })

  it('never pays more than has accrued, to the last unit', () => {
    const unit = fc.bigInt(1n, 10n ** 24n)
    fc.assert(
      fc.property(
        fc.array(fc.record({ miners: unit, dividends: unit }), { minLength: 1, maxLength: 6 }),
        fc.array(fc.boolean(), { maxLength: 6 }),
        (accruals, silent) => {
          let previous: EpochInputs['previous']
          let accrued = { miners: 0n, dividends: 0n }
          accruals.forEach((own, epoch) => {
            const accruedBefore = accrued
            accrued = { miners: accrued.miners + own.miners, dividends: accrued.dividends + own.dividends }
            if (silent[epoch] === true) return
            const startsAtSeconds = 1_000 + 1_000 * epoch
            const inputs = { ...setup(), epoch, startsAtSeconds, accruedBefore, accruedAfter: accrued, previous }
            const { result, carry, posting } = computeEpoch(inputs, stakeMedian)
            expect(result.minersTotal).toBeLessThanOrEqual(accrued.miners)
            expect(result.dividendsTotal).toBeLessThanOrEqual(accrued.dividends)
            const sums = amounts({ posting }).reduce((sum, [mined, dividends]) => [sum[0] + mined, sum[1] + dividends])
            expect(sums).toEqual(totals(result))
            const paid = { miners: result.minersTotal, dividends: result.dividendsTotal }
            previous = { epoch, resultHash: `0x${'0a'.repeat(32)}`, words: posting, totals: paid, carry }
          })
        },
      ),
    )
  })
})

function amounts({ posting }: Pick<EpochComputation, 'posting'>): readonly (readonly [bigint, bigint])[] {
  return posting.amounts.map(parseAmountWord).map(({ mined, dividends }) => [mined, dividends])
}

function totals({ minersTotal, dividendsTotal }: EpochComputation['result']): readonly bigint[] {
  return [minersTotal, dividendsTotal]
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
    accruedBefore: { miners: 0n, dividends: 0n },
    accruedAfter: { miners: 500n, dividends: 500n },
    previous: undefined,
  }
}
