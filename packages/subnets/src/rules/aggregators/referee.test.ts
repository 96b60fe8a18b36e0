import { type Hex, merkleTree, sha256Hex } from '@koinon/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Commitments,
  type Dispute,
  losersOf,
  narrowDispute,
  nextQuestion,
  type Openings,
  openDispute,
} from './referee.ts'

/** State hashes of a computation that goes wrong after `wrongFrom` steps, and their tree. */
function runOf(steps: number, wrongFrom: number, salt: string): { hashes: Hex[]; tree: ReturnType<typeof merkleTree> } {
  const hashes = Array.from({ length: steps + 1 }, (_, step) =>
    sha256Hex(step < wrongFrom ? `${step}` : `${step} ${salt}`),
  )
  return { hashes, tree: merkleTree(hashes) }
}
const honest = (steps: number): ReturnType<typeof runOf> => runOf(steps, steps + 1, '')

function openingsOf(asserter: ReturnType<typeof runOf>, challenger: ReturnType<typeof runOf>, step: number): Openings {
  const of = ({ hashes, tree }: ReturnType<typeof runOf>) => ({
    hash: hashes[step] as Hex,
    proof: tree.proofs[step] as never,
  })
  return { asserter: of(asserter), challenger: of(challenger) }
}

function play(
  steps: number,
  asserter: ReturnType<typeof runOf>,
  challenger: ReturnType<typeof runOf>,
): { dispute: Dispute; rounds: number } {
  const commitments: Commitments = { steps, roots: { asserter: asserter.tree.root, challenger: challenger.tree.root } }
  let dispute = openDispute(commitments, openingsOf(asserter, challenger, 0), openingsOf(asserter, challenger, steps))
  let rounds = 0
  for (let step = nextQuestion(dispute); step !== undefined; step = nextQuestion(dispute)) {
    dispute = narrowDispute(dispute, openingsOf(asserter, challenger, step))
    rounds++
  }
  return { dispute, rounds }
}

describe('the referee', () => {
  it('finds the first differing step in log2 rounds, and whoever made it wrong', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(199), fc.boolean(), (steps, at, asserterIsWrong) => {
        const wrongFrom = 1 + (at % steps)
        const [right, wrong] = [honest(steps), runOf(steps, wrongFrom, 'wrong')]
        const { dispute, rounds } = asserterIsWrong ? play(steps, wrong, right) : play(steps, right, wrong)
        expect(dispute.differing).toBe(wrongFrom)
        expect(dispute.hash).toBe(right.hashes[wrongFrom - 1])
        expect(rounds).toBeLessThanOrEqual(Math.ceil(Math.log2(steps)))
        expect(losersOf(dispute, right.hashes[wrongFrom] as Hex)).toEqual([asserterIsWrong ? 'asserter' : 'challenger'])
      }),
      { numRuns: 40 },
    )
  })

  it('has both lose when neither is right, and finds one step even between runs that meet again', () => {
    const { dispute } = play(8, runOf(8, 3, 'a'), runOf(8, 3, 'b'))
    expect(losersOf(dispute, honest(8).hashes[dispute.differing] as Hex)).toEqual(['asserter', 'challenger'])
    const meeting = runOf(8, 3, 'a')
    meeting.hashes[5] = honest(8).hashes[5] as Hex
    const again = { hashes: meeting.hashes, tree: merkleTree(meeting.hashes) }
    const found = play(8, again, honest(8)).dispute
    expect(again.hashes[found.differing]).not.toBe(honest(8).hashes[found.differing])
    expect(again.hashes[found.agreed]).toBe(honest(8).hashes[found.agreed])
  })

  it('refuses openings of other trees and places, and disputes about nothing', () => {
    const [a, b] = [runOf(8, 3, 'a'), honest(8)]
    const commitments: Commitments = { steps: 8, roots: { asserter: a.tree.root, challenger: b.tree.root } }
    const first = openingsOf(a, b, 0)
    const dispute = openDispute(commitments, first, openingsOf(a, b, 8))
    expect(nextQuestion(dispute)).toBe(4)
    expect(() => narrowDispute(dispute, openingsOf(b, a, 4))).toThrow(/asserter's state after step 4/)
    expect(() => narrowDispute(dispute, openingsOf(a, b, 5))).toThrow(/after step 4/)
    const changed = openingsOf(a, b, 4)
    expect(() =>
      narrowDispute(dispute, { ...changed, challenger: { ...changed.challenger, hash: sha256Hex('x') } }),
    ).toThrow(/challenger/)
    expect(() => openDispute({ ...commitments, steps: 0 }, first, first)).toThrow(/no steps/)
    expect(() => openDispute(commitments, first, openingsOf(a, b, 7))).toThrow(/after step 8/)
    const same = { steps: 8, roots: { asserter: b.tree.root, challenger: b.tree.root } }
    expect(() => openDispute(same, openingsOf(b, b, 0), openingsOf(b, b, 8))).toThrow(/same result/)
    const other = runOf(8, 0, 'c')
    const inputs = { steps: 8, roots: { asserter: other.tree.root, challenger: b.tree.root } }
    expect(() => openDispute(inputs, openingsOf(other, b, 0), openingsOf(other, b, 8))).toThrow(/different inputs/)
    expect(() => losersOf(dispute, sha256Hex('x'))).toThrow(/more than one step/)
    expect(() => narrowDispute(play(8, a, b).dispute, changed)).toThrow(/one step is left/)
  })
})
