import { type Address, bytesToHex, type Hex, integerWord, zeroHash } from '@koinon/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Dispute, findDisputes } from './disputes.ts'
import type { EpochInputs } from './epoch-inputs.ts'
import { computeEpoch, type EpochComputation, type Posting } from './epoch-record.ts'
import { climbFromAmount, halfRoot, resultRoot, seatDepth } from './result-tree.ts'
import { parseSeatWord } from './seat-words.ts'
import { stakeMedian } from './stake-median.ts'
import { packRow, rowWords } from './weight-row.ts'
import { climbWordTree, rowDepth, wordTreeProof, wordTreeRoot } from './word-tree.ts'
import { yuma2, yuma3, yuma3Capped, yuma3Liquid } from './yuma/aggregator.ts'

const account = (byte: number): Address => `0x${byte.toString(16).padStart(2, '0').repeat(20)}`
const flipped = (word: Hex, bits: bigint): Hex => bytesToHex(integerWord(BigInt(word) ^ bits))

const firstDispute = (...about: Parameters<typeof findDisputes>): Dispute | undefined =>
  findDisputes(...about)[0]?.dispute()

describe('findDisputes', () => {
  it('finds nothing in an honest posting', () => {
    fc.assert(
      fc.property(rounds, (inputs) => {
        const own = computeEpoch(inputs, stakeMedian)
        expect(firstDispute(own, postedOf(own), stakeMedian.specHash)).toBe(undefined)
      }),
    )
  })

  it('names the kind and place of any changed number', () => {
    const fields = [
      ['seat', 248n, 8n],
      ['seat', 208n, 40n],
      ['seat', 168n, 40n],
      ['dividend', 128n, 40n],
      ['seat', 0n, 128n],
    ] as const
    fc.assert(
      fc.property(rounds, fc.nat(4), fc.nat(3), fc.bigInt(1n, 255n), (inputs, field, uid, delta) => {
        const own = computeEpoch(inputs, stakeMedian)
        const [kind, shift] = fields[field] as (typeof fields)[number]
        const seats = own.posting.seats.map((word, place) => (place === uid ? flipped(word, delta << shift) : word))
        expect(firstDispute(own, postedOf(own, { seats }), stakeMedian.specHash)).toMatchObject({ kind, uid })
      }),
    )
  })

  it('tells ranks of Yuma from what they are parts of, and leaves its dividends to objections', () => {
    const fields = [
      ['seat', 248n, 8n],
      ['seat', 208n, 40n],
      ['rank', 168n, 40n],
      ['amount', 128n, 40n],
      ['seat', 0n, 128n],
    ] as const
    const yuma = fc.constantFrom(yuma2, yuma3, yuma3Capped, yuma3Liquid)
    fc.assert(
      fc.property(rounds, yuma, fc.nat(4), fc.nat(3), fc.bigInt(1n, 255n), (inputs, aggregator, field, uid, delta) => {
        const own = computeEpoch(inputs, aggregator)
        expect(firstDispute(own, postedOf(own), aggregator.specHash)).toBe(undefined)
        const [kind, shift] = fields[field] as (typeof fields)[number]
        const seats = own.posting.seats.map((word, place) => (place === uid ? flipped(word, delta << shift) : word))
        const found = firstDispute(own, postedOf(own, { seats }), aggregator.specHash)
        // Another dividend gives others other amounts, which are those of the right one here; who is no validator has none.
        if (kind === 'amount' && uid >= inputs.validators.length) expect(found).toMatchObject({ kind: 'seat', uid })
        else if (kind === 'amount') expect(['amount', undefined]).toContain(found?.kind)
        else expect(found).toMatchObject({ kind, uid })
        if (found?.kind === 'seat') expect(found.cap > 0n).toBe(aggregator === yuma3Capped)
      }),
    )
  })

  it('names a wrong own before the ranks that follow from it', () => {
    const own = computeEpoch(inputsOf([[1, 2, 3, 4]], 0), yuma3)
    const seats = own.posting.seats.map((word, uid) => flipped(word, uid === 3 ? 1n : uid === 1 ? 1n << 168n : 0n))
    expect(firstDispute(own, postedOf(own, { seats }), yuma3.specHash)).toMatchObject({ kind: 'seat', uid: 3 })
  })

  it('names whatever a free seat has, whatever the aggregator', () => {
    const aggregators = fc.constantFrom(stakeMedian, yuma3, yuma3Capped, undefined)
    const word = fc.bigInt(1n, 2n ** 256n - 1n)
    fc.assert(
      fc.property(rounds, aggregators, fc.integer({ min: 4, max: 255 }), word, (inputs, aggregator, uid, value) => {
        const own = computeEpoch(inputs, aggregator ?? stakeMedian)
        const seats = Array.from({ length: uid + 1 }, (_, place) => own.posting.seats[place] ?? zeroHash)
        seats[uid] = bytesToHex(integerWord(value))
        const found = firstDispute(own, postedOf(own, { seats }), aggregator?.specHash ?? zeroHash)
        expect(found).toMatchObject({ kind: 'seat', uid, word: seats[uid], openings: [] })
      }),
      { numRuns: 20 },
    )
  })

  it('names all wrong numbers, the first of each kind before the second of any', () => {
    const own = computeEpoch(
      inputsOf(
        [
          [1, 2, 3, 4],
          [4, 3, 2, 1],
        ],
        0,
      ),
      stakeMedian,
    )
    const validators = own.posting.validators.map((word) => flipped(word, 1n << 88n))
    const seats = own.posting.seats.map((word, uid) => flipped(word, uid < 2 ? (1n << 208n) | (1n << 128n) : 0n))
    const amounts = own.posting.amounts.map((word) => flipped(word, 1n << 127n))
    const { posting, totals } = postedOf(own, { validators, seats, amounts })
    const forged = { posting, totals: { ...totals, miners: totals.miners + 1n } }
    const found = findDisputes(own, forged, stakeMedian.specHash)
    expect(found.map(({ kind, place }) => `${kind} ${place}`)).toEqual([
      ...['validator 0', 'seat 0', 'dividend 0', 'amount 0', 'total 0'],
      ...['validator 1', 'seat 1', 'dividend 1', 'amount 1', 'amount 2', 'amount 3'],
    ])
    expect(found.map(({ dispute }) => dispute().kind)).toEqual(found.map(({ kind }) => kind))
  })

  it('names a seat whose amounts do not follow from the posted shares, whatever the aggregator', () => {
    const places = [fc.constantFrom(0n, 128n), fc.nat(6), fc.bigInt(1n, 2n ** 85n)] as const
    fc.assert(
      fc.property(rounds, ...places, (inputs, shift, uid, delta) => {
        const own = computeEpoch(inputs, stakeMedian)
        const amounts = [...own.posting.amounts, zeroHash, zeroHash, zeroHash]
        amounts[uid] = flipped(amounts[uid] as Hex, delta << shift)
        const posted = postedOf(own, { amounts })
        for (const specHash of [stakeMedian.specHash, zeroHash]) {
          const found = firstDispute(own, posted, specHash)
          if (found?.kind !== 'amount') throw new Error('no dispute of an amount')
          expect([found.uid, found.word]).toEqual([uid, amounts[uid]])
          expect(climbWordTree(found.word, uid, found.proof)).toBe(halfRoot(amounts))
        }
      }),
    )
  })

  it('proves what a seat had in the previous result', () => {
    const first = computeEpoch(inputsOf([[1, 2, 3, 4]], 0), stakeMedian)
    const totals = { miners: first.result.minersTotal, dividends: first.result.dividendsTotal }
    const previous = {
      epoch: 5,
      resultHash: `0x${'0a'.repeat(32)}` as const,
      words: first.posting,
      totals,
      carry: '0x' as const,
    }
    const next = { ...inputsOf([[1, 2, 3, 4]], 0), epoch: 6, startsAtSeconds: 6_000, previous }
    const own = computeEpoch({ ...next, accruedBefore: next.accruedAfter }, stakeMedian)
    const amounts = own.posting.amounts.map((word, uid) => (uid === 3 ? flipped(word, 1n) : word))
    const found = firstDispute(own, postedOf(own, { amounts }), zeroHash)
    if (found?.kind !== 'amount') throw new Error('no dispute of an amount')
    expect(found.previous).toBe(first.posting.amounts[3])
    expect(climbFromAmount(found.previous, 3, found.previousProof)).toBe(first.result.root)
  })

  it('names a wrong validator and a wrong total', () => {
    const own = computeEpoch(inputsOf([[1, 2, 3, 4]], 0), stakeMedian)
    const [first, ...rest] = own.posting.validators
    const validators = [flipped(first as Hex, 1n), ...rest]
    expect(firstDispute(own, postedOf(own, { validators }), stakeMedian.specHash)).toEqual({
      kind: 'validator',
      position: 0,
    })
    for (const part of ['miners', 'dividends'] as const) {
      const { posting, totals } = postedOf(own)
      const raised = { ...totals, [part]: totals[part] + 1n }
      expect(firstDispute(own, { posting, totals: raised }, stakeMedian.specHash)).toEqual({ kind: 'total' })
    }
  })

  it('proves the posted word and opens every voting row', () => {
    const own = computeEpoch(
      inputsOf(
        [
          [1, 0, 3, 4],
          [4, 3, 2, 1],
        ],
        0,
      ),
      stakeMedian,
    )
    const seats = own.posting.seats.map((word, uid) => (uid === 2 ? flipped(word, 1n << 168n) : word))
    const found = firstDispute(own, postedOf(own, { seats }), stakeMedian.specHash)
    if (found?.kind !== 'seat') throw new Error('no dispute of a seat')
    expect(climbWordTree(found.word, 2, found.proof)).toBe(resultRoot({ ...own.posting, seats }))
    const roots = own.inputs.validators.map(({ packedRow }) => wordTreeRoot(rowWords(packedRow as Hex), rowDepth))
    expect(found.openings.map(({ word, proof }) => climbWordTree(word, 0, proof))).toEqual(roots)
    expect(found.consensus).toBe(parseSeatWord(own.posting.seats[2] as Hex).consensus)
  })
})

describe('wordTreeRoot', () => {
  it('climbs from every place to the root, and from no other word', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(1n, 2n ** 256n - 1n), { maxLength: 40 }), fc.nat(255), (values, place) => {
        const words = values.map((value) => bytesToHex(integerWord(value)))
        const root = wordTreeRoot(words, seatDepth)
        const word = words[place] ?? zeroHash
        const proof = wordTreeProof(words, place, seatDepth)
        expect(climbWordTree(word, place, proof)).toBe(root)
        expect(climbWordTree(flipped(word, 1n), place, proof)).not.toBe(root)
      }),
      { numRuns: 20 },
    )
    expect(() => wordTreeRoot(Array.from<Hex>({ length: 257 }).fill(zeroHash), seatDepth)).toThrow(/no room/)
  })
})

function postedOf({ posting, result }: EpochComputation, change: Partial<Posting> = {}) {
  const { minersTotal: miners, dividendsTotal: dividends } = result
  return { posting: { ...posting, ...change }, totals: { miners, dividends } }
}

/** Up to four validators of four seats. */
const rounds = fc
  .tuple(fc.array(fc.array(fc.nat(65_535), { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 4 }), fc.nat(2))
  .map(([rows, age]) => inputsOf(rows, age))

function inputsOf(rows: readonly (readonly number[])[], rowAge: number): EpochInputs {
  return {
    netuid: 1,
    epoch: 5,
    startsAtSeconds: 5_000,
    epochSeconds: 1_000,
    specHash: zeroHash,
    seats: [0, 1, 2, 3].map((uid) => ({ uid, hotkey: account(uid + 1), sinceSeconds: 1_000 * (uid + 1) })),
    validators: rows.map((weights, index) => ({
      hotkey: account(index + 1),
      stake: BigInt(index + 1) * 10n ** 18n,
      packedRow: packRow(weights.map((weight, uid) => ({ uid, weight })).filter(({ weight }) => weight > 0)),
      ...(index === 0 ? { rowAge } : {}),
    })),
    accruedBefore: { miners: 10n ** 20n, dividends: 10n ** 20n },
    accruedAfter: { miners: 11n * 10n ** 19n, dividends: 12n * 10n ** 19n },
    previous: undefined,
  }
}
