/** Shapes of the dashboard API about subnets and who holds what, specs/0008-http.md section 2. `...Ppm` are millionths. */
import type { OpenMarketJson, PotJson } from './stake-types.ts'

export type SubnetRowJson = {
  readonly netuid: number
  readonly name: string
  readonly owner: string
  readonly epochSeconds: number
  readonly currentEpoch: number
  readonly phase: string
  readonly seats: number
  readonly maximumSeats: number
  readonly validators: number
  readonly stakeAtomic: string
  /** Of the KOIN that the last step issued. */
  readonly emissionSharePpm: number
  /** That share and what it was computed from, a sentence; absent when the subnet is dissolved. */
  readonly emissionWhy?: string
  /** What its owner announced and does not hold yet; Unix seconds. */
  readonly announced?: {
    readonly texts?: { readonly fromSeconds: number; readonly specHash: string }
    readonly parts?: {
      readonly fromSeconds: number
      readonly ownerBps: number
      readonly minersBps: number
      readonly validatorsBps: number
    }
    readonly rules?: { readonly fromSeconds: number }
  }
  /** Who may take the subnet from when on, unless its owner locks as much. */
  readonly contest?: { readonly candidate: string; readonly fromSeconds: number }
  /** Alpha. */
  readonly accruedAtomic: string
  readonly paidAtomic: string
  /** KOIN that people brought into its pool and took out of it by trades lately; absent where there is no pool. */
  readonly flow?: {
    /** Unix seconds. */
    readonly sinceSeconds: number
    readonly inAtomic: string
    readonly outAtomic: string
    readonly netAtomic: string
  }
  /** Absent when it is dissolved. */
  readonly split?: SplitJson
  /** Its market, with the fields of one of the two; absent where there never was a pool. */
} & Partial<OpenMarketJson & PotJson>

/** Parts of new alpha in 1/10,000; amounts, alpha, are those of the last whole epoch, absent before one is over. */
export type SplitJson = {
  readonly ownerBps: number
  readonly minersBps: number
  readonly validatorsBps: number
  readonly epoch?: number
  readonly ownerAtomic?: string
  readonly minersAtomic?: string
  readonly validatorsAtomic?: string
}

export type SubnetsJson = {
  readonly asOfBlock: number
  /** By what new KOIN is shared, half a sentence. */
  readonly emissionBy: string
  readonly subnets: readonly SubnetRowJson[]
}

export type MetagraphSeatJson = {
  readonly uid: number
  readonly hotkey: string
  readonly consensusPpm: number
  readonly incentivePpm: number
  readonly asMinerAtomic: string
}

export type MetagraphValidatorJson = {
  readonly hotkey: string
  readonly uid?: number
  readonly stakeAtomic: string
  readonly dividendsPpm: number
  readonly asValidatorAtomic: string
  /** Pairs of uid and share of the row; absent when the row was not revealed. */
  readonly weights?: readonly (readonly [number, number])[]
  /** How much of the row the consensus kept. */
  readonly keptPpm?: number
  /** Mean Spearman with the other rows. */
  readonly agreementPpm?: number
}

/** A seat now; figures of the epoch are absent where it took no part in one. */
export type NeuronJson = {
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
  readonly rankPpm?: number
  readonly earnedAtomic?: string
}

/** Without `epoch` there is no signed result yet, or, with `signedEpoch`, nobody serves its record. */
export type MetagraphJson = {
  readonly asOfBlock: number
  /** Of the ledger, Unix seconds. */
  readonly nowSeconds: number
  readonly neurons: readonly NeuronJson[]
  readonly nextResult: {
    readonly epoch: number
    readonly expectedAtSeconds: number
    readonly paysFromSeconds: number
    readonly passed: number
  }
  readonly signedEpoch?: number
  readonly netuid: number
  readonly epoch?: number
  readonly aggregator?: string
  /** What the agreed value of a seat is and what brings miners their part, half sentences. */
  readonly explained?: { readonly agreed: string; readonly miners: string }
  /** Alpha of the subnet: what the epoch shared out, and the two parts of it. */
  readonly emissionAtomic?: string
  readonly minersAtomic?: string
  readonly dividendsAtomic?: string
  readonly agreementPpm?: number
  readonly seats?: readonly MetagraphSeatJson[]
  readonly validators?: readonly MetagraphValidatorJson[]
}

export type ValidatorJson = {
  readonly hotkey: string
  readonly uid?: number
  readonly hasPermit: boolean
  readonly stakeAtomic: string
  readonly takeBps: number
  /** A raise that waits for its second. */
  readonly pendingTake?: { readonly bps: number; readonly fromSeconds: number }
  readonly lastSignedEpoch?: number
  readonly signedResults: number
  /** Absent where it had no vote in the epoch. */
  readonly judged?: Pick<MetagraphValidatorJson, 'dividendsPpm' | 'asValidatorAtomic' | 'keptPpm' | 'agreementPpm'> & {
    readonly seats?: number
  }
}

export type ValidatorsJson = {
  readonly asOfBlock: number
  readonly subnets: readonly {
    readonly netuid: number
    readonly name: string
    readonly epoch?: number
    /** How many of the last results were looked at for who signed them. */
    readonly results: number
    readonly validators: readonly ValidatorJson[]
  }[]
}

export type ConcentrationJson = {
  readonly holders: number
  readonly totalAtomic: string
  readonly nakamotoThird: number
  readonly nakamotoHalf: number
  readonly giniPpm: number
  readonly herfindahl: number
  readonly effectiveMilli: number
  readonly topOnePpm: number
  readonly topFivePpm: number
}

export type LayerJson = {
  readonly name: string
  readonly what: string
  readonly byAddress?: ConcentrationJson
  readonly byOwner?: ConcentrationJson
  readonly byEntity?: ConcentrationJson
}

export type RequirementJson = {
  readonly stage: string
  readonly name: string
  readonly state: 'met' | 'failed' | 'unknown'
  readonly detail: string
}

export type DecentralizationJson = {
  readonly asOfBlock: number
  readonly stage: string
  readonly requirements: readonly RequirementJson[]
  readonly binding?: RequirementJson
  readonly layers: readonly LayerJson[]
  readonly validators: readonly {
    readonly netuid: number
    readonly epochSeconds: number
    readonly validators: number
    readonly owners: number
    readonly entities: number
  }[]
  /** The last audit that was run from the gateway's home; absent where none was. */
  readonly audit?: {
    readonly atMs: number
    readonly block: number
    readonly agreed: number
    readonly differs: number
    readonly open: number
    readonly outcome: 'agrees' | 'differs' | 'open'
    /** All subnets and epochs were looked at. */
    readonly isWhole: boolean
  }
}
