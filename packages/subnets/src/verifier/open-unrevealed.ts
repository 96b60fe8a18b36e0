/** Revealing for hotkeys that committed a sealed row and stay silent (specs/0018-timelock.md section 4). */
import { type Address, isKoinonError } from '@koinon/base'
import type { Timekeeper, WeightsCommitment } from '../client/index.ts'
import { type EpochWindow, weightsCommitment } from '../rules/index.ts'
import { firstRoundAt, openSealedRow, roundOfSealed, type SealedWeights } from '../rules/timelock/index.ts'

export type Unrevealed = {
  readonly timekeeper: Timekeeper
  readonly chainId: number
  readonly weightsContract: Address
  readonly netuid: number
  readonly epoch: number
  readonly window: EpochWindow
  /** Of hotkeys that have not revealed. */
  readonly commitments: readonly WeightsCommitment[]
}

export type Opened = {
  /** Rows and salts that give their commitments: what anybody may reveal for the silent. */
  readonly rows: readonly SealedWeights[]
  /** Who sealed something that opens nothing, and why: it counts as if nothing was sealed. */
  readonly ignored: readonly { readonly hotkey: Address; readonly why: string }[]
}

/**
 * Opens what the silent sealed, once the epoch's round is out. Throws `subnets/beacon-too-early` and `subnets/beacon-unreachable`
 * (retry later).
 */
export async function openUnrevealed(unrevealed: Unrevealed): Promise<Opened> {
  const { timekeeper, chainId, weightsContract, netuid, epoch, window } = unrevealed
  const due = firstRoundAt(timekeeper.chain, window.weightCommitEndsAtSeconds)
  const sealed = unrevealed.commitments.filter((commitment) => commitment.sealed !== '0x')
  const rows: SealedWeights[] = []
  const ignored: { hotkey: Address; why: string }[] = []
  const meant = sealed.filter(({ hotkey, sealed }) => {
    const why = notSealedTo(due, sealed)
    if (why !== undefined) ignored.push({ hotkey, why })
    return why === undefined
  })
  const round = meant.length === 0 ? undefined : await timekeeper.round(due)
  if (round === undefined) return { rows, ignored }
  for (const { hotkey, commitment, sealed } of meant) {
    try {
      const weights = await openSealedRow(sealed, round, { hotkey, netuid, epoch })
      if (weightsCommitment({ ...weights, chainId, weightsContract }) === commitment) rows.push(weights)
      else ignored.push({ hotkey, why: 'what is sealed is not what was committed to' })
    } catch (error) {
      // Whoever seals nonsense is as if it had sealed nothing.
      if (!isKoinonError(error)) throw error
      ignored.push({ hotkey, why: error.message })
    }
  }
  return { rows, ignored }
}

function notSealedTo(round: number, sealed: WeightsCommitment['sealed']): string | undefined {
  try {
    const named = roundOfSealed(sealed)
    return named === round ? undefined : `it is sealed to round ${named}, not to round ${round}`
  } catch (error) {
    if (!isKoinonError(error)) throw error
    return error.message
  }
}
