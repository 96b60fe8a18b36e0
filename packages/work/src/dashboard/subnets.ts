/** `GET /api/subnets`. Amounts are decimal strings of atomic units; `...Ppm` are millionths. */
import type { OpenMarketJson, PotJson } from './stake.ts'

/** KOIN that people brought into a pool and took out of it by trades lately; `netAtomic` is below zero where more was taken out. */
export type KoinFlowJson = {
  /** Unix seconds: a day ago, or when the pool was opened. */
  readonly sinceSeconds: number
  readonly inAtomic: string
  readonly outAtomic: string
  readonly netAtomic: string
}

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

/** One subnet, and its market with the fields of one of the two; these are absent where there never was a pool. */
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
  readonly dissolvedAtSeconds?: number
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
  /** Absent where there is no pool. */
  readonly flow?: KoinFlowJson
  /** Absent when it is dissolved. */
  readonly split?: SplitJson
} & Partial<OpenMarketJson & PotJson>

/** All subnets of the ledger. */
export type SubnetsJson = {
  readonly asOfBlock: number
  /** By what new KOIN is shared, half a sentence. */
  readonly emissionBy: string
  readonly subnets: readonly SubnetRowJson[]
}
