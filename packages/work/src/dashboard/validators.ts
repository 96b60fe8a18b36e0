/** `GET /api/validators`. Amounts are alpha, decimal strings of atomic units. */
import type { MetagraphValidatorJson } from './metagraph.ts'

/** One with a permit now, or with a vote in the last signed epoch. */
export type ValidatorJson = {
  readonly hotkey: string
  /** Absent without a seat. */
  readonly uid?: number
  readonly hasPermit: boolean
  /** Weight of the hotkey now; without a permit that of the epoch. */
  readonly stakeAtomic: string
  /** Of the dividends that it keeps for itself, in 1/10,000. */
  readonly takeBps: number
  /** A raise that waits for its second. */
  readonly pendingTake?: { readonly bps: number; readonly fromSeconds: number }
  /** Absent where it signed none of the results that were looked at. */
  readonly lastSignedEpoch?: number
  readonly signedResults: number
  /** Of the last signed epoch, as in the metagraph; absent where it had no vote in it. */
  readonly judged?: Pick<MetagraphValidatorJson, 'dividendsPpm' | 'asValidatorAtomic' | 'keptPpm' | 'agreementPpm'> & {
    /** Seats its row names; absent when it was not revealed. */
    readonly seats?: number
  }
}

/** Who judges in each living subnet, heaviest first. */
export type ValidatorsJson = {
  readonly asOfBlock: number
  readonly subnets: readonly {
    readonly netuid: number
    readonly name: string
    /** The last signed one whose record a validator serves. */
    readonly epoch?: number
    /** How many of the last results were looked at for who signed them. */
    readonly results: number
    readonly validators: readonly ValidatorJson[]
  }[]
}
