/** `GET /api/subnets/{netuid}/metagraph`. Amounts are alpha, decimal strings of atomic units; `...Ppm` are millionths. */

/** A seat that took part in the epoch, as its record tells it. */
export type MetagraphSeatJson = {
  readonly uid: number
  readonly hotkey: string
  readonly consensusPpm: number
  readonly incentivePpm: number
  readonly asMinerAtomic: string
}

/** One that judged in the epoch. */
export type MetagraphValidatorJson = {
  readonly hotkey: string
  readonly uid?: number
  readonly stakeAtomic: string
  readonly dividendsPpm: number
  readonly asValidatorAtomic: string
  /** Shares of the row; absent when it was not revealed. */
  readonly weights?: readonly (readonly [uid: number, sharePpm: number])[]
  /** How much of the row the consensus kept. */
  readonly keptPpm?: number
  /** Mean Spearman of its row with each other one; absent where there is none to compare. */
  readonly agreementPpm?: number
}

/** A seat now; figures of the epoch are absent where it took no part in one. */
export type MetagraphNeuronJson = {
  readonly uid: number
  readonly hotkey: string
  readonly stakeAtomic: string
  readonly hasPermit: boolean
  readonly seeksPermit: boolean
  readonly registeredAtSeconds: number
  readonly paidAtomic: string
  readonly incentivePpm?: number
  readonly dividendsPpm?: number
  readonly consensusPpm?: number
  /** Part of all stake that stands behind the seat's weights, each cut to the consensus; absent where rows are no shares. */
  readonly rankPpm?: number
  /** What it earned in the epoch, as miner and as validator. */
  readonly earnedAtomic?: string
}

/** One signed epoch, as its record tells it. */
export type SignedEpochJson = {
  readonly epoch: number
  readonly aggregator: string
  /** What a row is read as, what the agreed value of a seat is, and what brings miners and validators their part, half sentences. */
  readonly explained?: {
    readonly rows: 'shares' | 'marks' | 'ranking' | 'proposal'
    readonly agreed: string
    readonly miners: string
    readonly validators: string
  }
  /** What the epoch shared out, and the two parts of it. */
  readonly emissionAtomic: string
  readonly minersAtomic: string
  readonly dividendsAtomic: string
  readonly agreementPpm?: number
  readonly seats: readonly MetagraphSeatJson[]
  readonly validators: readonly MetagraphValidatorJson[]
}

/** Without `epoch` there is no signed result yet, or, with `signedEpoch`, nobody serves its record. */
export type MetagraphJson = Partial<SignedEpochJson> & {
  readonly asOfBlock: number
  /** Of the ledger, Unix seconds: ages count from it. */
  readonly nowSeconds: number
  readonly netuid: number
  readonly neurons: readonly MetagraphNeuronJson[]
  readonly nextResult: {
    readonly epoch: number
    readonly expectedAtSeconds: number
    readonly paysFromSeconds: number
    readonly passed: number
  }
  /** Newest epoch with a result that stands, whether a validator serves its record or not; absent before the first. */
  readonly signedEpoch?: number
}
