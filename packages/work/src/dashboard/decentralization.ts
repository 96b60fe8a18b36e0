/** `GET /api/decentralization`, with the figures of specs/0019-audit.md sections 4 and 5. `...Ppm` are millionths. */

import type { AuditTotals } from './audit-verdict.ts'

/** How concentrated the holdings of one layer are. */
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

/** What is held; without figures where nothing is. */
export type LayerJson = {
  readonly name: string
  readonly what: string
  readonly byAddress?: ConcentrationJson
  readonly byOwner?: ConcentrationJson
  readonly byEntity?: ConcentrationJson
}

/** One of a stage, with the figure that was found as a sentence. */
export type RequirementJson = {
  readonly stage: string
  readonly name: string
  readonly state: 'met' | 'failed' | 'unknown'
  readonly detail: string
}

/** Who holds how much, who may judge, and the stage that follows. */
export type DecentralizationJson = {
  readonly asOfBlock: number
  readonly stage: string
  readonly requirements: readonly RequirementJson[]
  /** The first that is not met; absent where all are. */
  readonly binding?: RequirementJson | undefined
  readonly layers: readonly LayerJson[]
  readonly validators: readonly {
    readonly netuid: number
    readonly epochSeconds: number
    readonly validators: number
    readonly owners: number
    readonly entities: number
  }[]
  /** The last audit that was run from the gateway's home; absent where none was. */
  readonly audit?: AuditTotals & {
    readonly atMs: number
    readonly block: number
    /** All subnets and epochs were looked at. */
    readonly isWhole: boolean
  }
}
