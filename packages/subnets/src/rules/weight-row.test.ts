import { readFileSync } from 'node:fs'
import type { Hex } from '@koinon/base'
import fc from 'fast-check'
import { encodeAbiParameters, keccak256 } from 'viem'
import { describe, expect, it } from 'vitest'
import { maximumWeight, packRow, rowHash, unpackRow, upscaleScores, weightsCommitment } from './weight-row.ts'

const vectors = JSON.parse(
  readFileSync(new URL('../../../../specs/vectors/weights-row.json', import.meta.url), 'utf8'),
) as {
  invalidPacked: Hex[]
  rows: { row: [number, number][]; packed: Hex; rowHash: Hex }[]
  commitments: (Parameters<typeof weightsCommitment>[0] & { commitment: Hex })[]
  upscale: { scores: [number, number][]; row: [number, number][] }[]
}
const toRow = (pairs: readonly (readonly [number, number])[]) => pairs.map(([uid, weight]) => ({ uid, weight }))

describe('packRow and unpackRow', () => {
  it('follow the vectors both ways', () => {
    for (const { row, packed, rowHash: hash } of vectors.rows) {
      expect(packRow(toRow(row))).toBe(packed)
      expect(unpackRow(packed)).toEqual(toRow(row))
      expect(rowHash(packed)).toBe(hash)
      expect(keccak256(packed)).toBe(hash)
    }
  })

  it('refuse every spelling that the contract refuses', () => {
    for (const packed of vectors.invalidPacked) expect(() => unpackRow(packed)).toThrow(/malformed/)
    expect(() => packRow([{ uid: 0, weight: 65_536 }])).toThrow(/weight/)
    expect(() => packRow([{ uid: -1, weight: 1 }])).toThrow(/uid/)
    expect(() => packRow([{ uid: 1, weight: 1.5 }])).toThrow(/weight/)
  })

  it('give back any row', () => {
    const rows = fc
      .uniqueArray(fc.record({ uid: fc.nat(0xffff), weight: fc.integer({ min: 1, max: maximumWeight }) }), {
        selector: ({ uid }) => uid,
        maxLength: 256,
      })
      .map((row) => [...row].sort((a, b) => a.uid - b.uid))
    fc.assert(
      fc.property(rows, (row) => {
        expect(unpackRow(packRow(row))).toEqual(row)
      }),
    )
  })
})

describe('upscaleScores', () => {
  it('follows the vectors', () => {
    for (const { scores, row } of vectors.upscale) {
      expect(upscaleScores(scores.map(([uid, score]) => ({ uid, score: BigInt(score) })))).toEqual(toRow(row))
    }
  })

  it('abstains without scores, refuses repeated uids and negative scores', () => {
    expect(upscaleScores([])).toEqual([])
    expect(() =>
      upscaleScores([
        { uid: 1, score: 1n },
        { uid: 1, score: 2n },
      ]),
    ).toThrow(/repeated/)
    expect(() =>
      upscaleScores([
        { uid: 1, score: -1n },
        { uid: 2, score: 2n },
      ]),
    ).toThrow(/negative/)
  })

  it('keeps the order of scores and is always packable', () => {
    const scores = fc.uniqueArray(fc.record({ uid: fc.nat(0xffff), score: fc.bigInt(0n, 10n ** 30n) }), {
      selector: ({ uid }) => uid,
      maxLength: 64,
    })
    fc.assert(
      fc.property(scores, (list) => {
        const row = upscaleScores(list)
        expect(unpackRow(packRow(row))).toEqual(row)
        const weightOf = new Map(row.map(({ uid, weight }) => [uid, weight]))
        const weights = [...list].sort((a, b) => (a.score < b.score ? -1 : 1)).map(({ uid }) => weightOf.get(uid) ?? 0)
        expect(weights).toEqual([...weights].sort((a, b) => a - b))
        if (list.some(({ score }) => score > 0n)) expect(Math.max(...weights)).toBe(maximumWeight)
      }),
    )
  })
})

describe('weightsCommitment', () => {
  it('is what abi.encode and keccak256 of another library give, as in the vectors', () => {
    for (const { commitment, ...input } of vectors.commitments) {
      const encoded = encodeAbiParameters(
        (['uint256', 'address', 'uint32', 'uint64', 'address', 'bytes32', 'bytes32'] as const).map((type) => ({
          type,
        })),
        [
          BigInt(input.chainId),
          input.weightsContract,
          input.netuid,
          BigInt(input.epoch),
          input.hotkey,
          keccak256(input.packedRow),
          input.salt,
        ] as never,
      )
      expect(weightsCommitment(input)).toBe(keccak256(encoded))
      expect(weightsCommitment(input)).toBe(commitment)
    }
  })
})
