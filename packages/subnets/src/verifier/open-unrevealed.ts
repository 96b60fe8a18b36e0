/** Revealing for hotkeys that committed a sealed row and stay silent (specs/0018-timelock.md section 4). */
import { type Address, type Hex, isKoinonError } from '@koinon/base'
import type { BeaconSource } from '../client/index.ts'
import { type EpochWindow, weightsCommitment } from '../rules/index.ts'
import { firstRoundAt, openSealedRow, roundOfSealed, type SealedWeights } from '../rules/timelock/index.ts'

/** A hotkey's last commitment of an epoch. `sealed` is `0x` where it sealed nothing. */
export type SealedCommitment = { readonly hotkey: Address; readonly commitment: Hex; readonly sealed: Hex }

export type Unrevealed = {
  readonly beacon: BeaconSource
  readonly chainId: number
  readonly weightsContract: Address
  readonly netuid: number
  readonly epoch: number
  readonly window: EpochWindow
  /** Of hotkeys that have not revealed. */
  readonly commitments: readonly SealedCommitment[]
}

/**
 * What anybody may reveal for the silent, once the epoch's round is out: rows and salts that give their commitments. What was damaged,
 * copied, or sealed to another round is left out. Throws `subnets/beacon-too-early` and `subnets/beacon-unreachable` (retry later).
 */
export async function openUnrevealed(unrevealed: Unrevealed): Promise<readonly SealedWeights[]> {
  const { beacon, chainId, weightsContract, netuid, epoch, window } = unrevealed
  const due = firstRoundAt(beacon.chain, window.weightCommitEndsAtSeconds)
  const meant = unrevealed.commitments.filter(({ sealed }) => isSealedTo(due, sealed))
  if (meant.length === 0) return []
  const round = await beacon.round(due)
  const opened: SealedWeights[] = []
  for (const { hotkey, commitment, sealed } of meant) {
    try {
      const weights = await openSealedRow(sealed, round, { hotkey, netuid, epoch })
      if (weightsCommitment({ ...weights, chainId, weightsContract }) === commitment) opened.push(weights)
    } catch (error) {
      // Whoever seals nonsense is as if it had sealed nothing.
      if (!isKoinonError(error)) throw error
    }
  }
  return opened
}

function isSealedTo(round: number, sealed: Hex): boolean {
  try {
    return roundOfSealed(sealed) === round
  } catch {
    return false
  }
}
