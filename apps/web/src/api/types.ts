/** Shapes of the dashboard API, specs/0008-http.md section 2. Amounts are decimal strings, see the names for units. */
import type { Check } from '@koinon/work'

/** What the page of a signed-in owner knows of the home: `GET /api/session`. No signing session and no node session. */
export type PageSessionJson = {
  readonly apiKey: string
  readonly localToken: string
  readonly account: string
  readonly chainId: number
  readonly home: string
}

export type NeuronJson = {
  readonly uid: number
  readonly hotkey: string
  readonly name?: string
  readonly kind: 'miner' | 'validator'
  /** It asks to be a validator and is none. */
  readonly seeksPermit?: boolean
  readonly endpoint: string
  readonly online: boolean
  readonly latencyMs?: number
  /** Weight in alpha. */
  readonly stakeAtomic: string
  readonly incentivePpm: number
  /** Mean of the weights that validators gave it last, in millionths of the highest possible. */
  readonly lastWeightPpm?: number
  /** Alpha. */
  readonly paidAtomic: string
  readonly note?: string
}

export type SubnetJson = {
  readonly netuid: number
  readonly name: string
  readonly epochSeconds: number
  readonly currentEpoch: number
  readonly epochStartedAtSeconds: number
  readonly epochEndsAtSeconds: number
  readonly phase: string
  /** KOIN for one alpha, parts of 1e18; absent where there is no pool. */
  readonly priceWad?: string
  readonly totalStakeAtomic: string
  readonly neurons: readonly NeuronJson[]
  /** Of the last revealed rows, how many another than their validator opened with the beacon. */
  readonly openedRows?: { readonly byOthers: number; readonly ofLast: number }
}

export type ModelJson = {
  readonly id: string
  readonly name: string
  readonly quantisation?: string
  readonly parameters?: number | string
  readonly manifest: string
  readonly promptPricePicoUsdPerToken: string
  readonly outputPricePicoUsdPerToken: string
  readonly providers: number | readonly string[]
}

export type RoleJson = {
  readonly name: string
  readonly kind: string
  readonly state: string
  readonly pid?: number
  readonly startedAtMs?: number
  readonly restarts: number
  readonly rssBytes?: number
}

export type NetworkJson = {
  readonly asOfBlock: number
  readonly asOfAtMs: number
  readonly chainId: number
  readonly name?: string
  readonly chainKind: 'embedded' | 'external'
  /** Money on this network is worth nothing. */
  readonly isTest?: boolean
  readonly gateway: unknown
  /** What validators seal their rows to, and whose honesty that rests on, in words. */
  readonly beacon?: { readonly kind: 'local' | 'drand' | 'none'; readonly trust: string }
  readonly roles: readonly RoleJson[]
  readonly subnets: readonly SubnetJson[]
  readonly models: readonly ModelJson[]
}

export type EpochState = 'open' | 'pending' | 'active' | 'disabled' | 'noResult'

export type EpochJson = {
  readonly netuid: number
  readonly epoch: number
  readonly phase: string
  readonly startsAtSeconds: number
  readonly beacon?: string
  readonly root?: string
  readonly state: EpochState
  readonly signedStakeAtomic?: string
  readonly minersTotalAtomic?: string
  readonly dividendsTotalAtomic?: string
  /** Alpha: paid to miners, to validators and their stakers, and both together. */
  readonly minedAtomic?: string
  readonly dividendsAtomic?: string
  readonly paidAtomic: string
}

export type EpochsJson = { readonly asOfBlock: number; readonly epochs: readonly EpochJson[] }

/** Alpha: as a miner, as a validator, both, and all that the seat's holder was paid so far. */
export type PayoutJson = {
  readonly account: string
  readonly uid?: number
  readonly minedAtomic?: string
  readonly dividendsAtomic?: string
  readonly amountAtomic: string
  readonly cumulativeAtomic: string
  readonly why: string
}

export type EpochDetailJson = EpochJson & {
  readonly asOfBlock: number
  readonly weights: readonly {
    readonly validatorUid: number
    /** Who opened it with the beacon, where its validator stayed silent. */
    readonly openedBy?: string
    readonly row: readonly (readonly [number, number])[]
  }[]
  readonly payouts: readonly PayoutJson[]
  readonly checks: readonly {
    readonly validatorUid: number
    readonly minerUid: number
    readonly receiptId: string
    readonly checks: readonly Check[]
  }[]
  /** Looks that stand in the validators' logs only. */
  readonly checksLeftOut: number
}

/** One validator's look at one receipt. */
export type AuditJson = { readonly validatorUid: number; readonly epoch: number; readonly state: string }

export type ReceiptSummaryJson = {
  readonly id: string
  readonly atMs: number
  readonly model: string
  readonly provider: string
  readonly promptTokens: number
  readonly outputTokens: number
  readonly amountPicoUsd: string
  readonly firstByteMs: number
  readonly totalMs: number
  readonly state: string
  readonly checkedBy: readonly AuditJson[]
}

export type ReceiptsJson = { readonly asOfBlock: number; readonly receipts: readonly ReceiptSummaryJson[] }

export type KeyJson = {
  readonly keyHash: string
  readonly label: string
  readonly createdAtMs: number
  readonly revokedAtMs?: number
  readonly channelId: string
  readonly depositAtomic: string
  readonly owedPicoUsd: string
  readonly spentTodayPicoUsd: string
}

export type PaymentJson = {
  readonly id: string
  readonly kind: string
  readonly amountAtomic: string
  readonly asset: string
  readonly transactionHash: string
  readonly atMs: number
}

export type WalletJson = {
  readonly asOfBlock: number
  readonly account: string
  readonly nativeAtomic: string
  readonly koinAtomic: string
  readonly dollarAtomic: string
  readonly keys: readonly KeyJson[]
  readonly payments: readonly PaymentJson[]
}

export type CreatedKeyJson = { readonly apiKey: string; readonly keyHash: string }
