/**
 * Finding the first step at which two computations part (specs/0012-aggregators.md section 9): both have committed to the hash of the state
 * after every step; halving the distance between a step where they agree and one where they do not leaves one step to repeat.
 */
import { type Hex, KoinonError, type MerkleProof, verifyMerkleProof } from '@koinon/base'

export type Party = 'asserter' | 'challenger'

/** Each party's commitment: root of the tree (0001 section 3) over the state hashes after steps 0 to `steps`; step 0 is the input. */
export type Commitments = { readonly steps: number; readonly roots: Readonly<Record<Party, Hex>> }

/** A state hash out of a party's tree. */
export type Opening = { readonly hash: Hex; readonly proof: MerkleProof }
export type Openings = Readonly<Record<Party, Opening>>

/** They agree after step `agreed` on `hash` and differ after step `differing`. */
export type Dispute = {
  readonly commitments: Commitments
  readonly agreed: number
  readonly hash: Hex
  readonly differing: number
  readonly claims: Readonly<Record<Party, Hex>>
}

/**
 * Opens a dispute with both parties' first and last states. Throws `subnets/bad-dispute` when an opening is not of its party's tree, the
 * inputs differ or the results do not.
 */
export function openDispute(commitments: Commitments, first: Openings, last: Openings): Dispute {
  const { steps } = commitments
  if (!Number.isSafeInteger(steps) || steps < 1) throw badDispute('it has no steps')
  requireOpenings(commitments, 0, first)
  requireOpenings(commitments, steps, last)
  if (first.asserter.hash !== first.challenger.hash) throw badDispute('the parties began with different inputs')
  if (last.asserter.hash === last.challenger.hash) throw badDispute('the parties have the same result')
  const claims = { asserter: last.asserter.hash, challenger: last.challenger.hash }
  return { commitments, agreed: 0, hash: first.asserter.hash, differing: steps, claims }
}

/** The step whose states both parties have to open next; undefined when one step is left, `differing`, to be repeated from `hash`. */
export function nextQuestion({ agreed, differing }: Dispute): number | undefined {
  return differing - agreed === 1 ? undefined : agreed + Math.floor((differing - agreed) / 2)
}

/** Half of the dispute that is left after both opened `nextQuestion`. Throws `subnets/bad-dispute` on openings that are not of their trees. */
export function narrowDispute(dispute: Dispute, openings: Openings): Dispute {
  const step = nextQuestion(dispute)
  if (step === undefined) throw badDispute('one step is left, which is repeated and not asked for')
  requireOpenings(dispute.commitments, step, openings)
  const { asserter, challenger } = openings
  if (asserter.hash === challenger.hash) return { ...dispute, agreed: step, hash: asserter.hash }
  return { ...dispute, differing: step, claims: { asserter: asserter.hash, challenger: challenger.hash } }
}

/** Whoever claims another state than the repeated step leads to loses; it can be both. Throws while more than one step is left. */
export function losersOf(dispute: Dispute, repeatedHash: Hex): readonly Party[] {
  if (nextQuestion(dispute) !== undefined) throw badDispute('more than one step is left')
  return (['asserter', 'challenger'] as const).filter((party) => dispute.claims[party] !== repeatedHash)
}

function requireOpenings({ steps, roots }: Commitments, step: number, openings: Openings): void {
  for (const party of ['asserter', 'challenger'] as const) {
    const { hash, proof } = openings[party]
    const placed = proof.index === step && proof.count === steps + 1
    if (!placed || !verifyMerkleProof(roots[party], hash, proof)) {
      throw badDispute(`the ${party}'s state after step ${step} is not of its commitment`)
    }
  }
}

function badDispute(problem: string): KoinonError {
  return new KoinonError({ code: 'subnets/bad-dispute', message: `The dispute cannot go on: ${problem}` })
}
