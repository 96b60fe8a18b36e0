/** What a gateway sells by the call and what came of it: the page *Payments* and `koinon payments`. Amounts are decimal text. */

/** Payments that a gateway took, by how they came; `wire` is x402 or mpp, `backEnd` how value moves. */
export type TakenPaymentsJson = {
  readonly wire: string
  readonly backEnd: string
  readonly held: number
  readonly repeated: number
}

/** Why payments were refused; codes of specs/0008-http.md section 5. */
export type PaymentRefusalJson = { readonly code: string; readonly count: number; readonly lastAtMs: number }

/** `GET /api/payments`: counts, for everybody. */
export type PaymentsJson = {
  readonly asOfMs: number
  /** Begin of the day that is looked at. */
  readonly sinceMs: number
  /** Requests without a key, since `sinceMs` or since the gateway's process began where that is later; kept in memory. */
  readonly door: {
    readonly sinceMs: number
    readonly demanded: number
    readonly held: number
    readonly repeated: number
    readonly refused: number
    readonly taken: readonly TakenPaymentsJson[]
    /** Most frequent first. */
    readonly refusals: readonly PaymentRefusalJson[]
  }
  /** Receipts of the day: of API keys, of channels without a key, of exact payments. */
  readonly sold: {
    readonly keyCalls: number
    readonly channelCalls: number
    readonly exactCalls: number
    readonly amountPicoUsd: string
  }
  /** All that the gateway is paid on, whenever opened. */
  readonly channels: {
    readonly open: number
    readonly withdrawing: number
    readonly closed: number
    readonly payers: number
    readonly depositAtomic: string
    readonly owedPicoUsd: string
    readonly claimedAtomic: string
  }
  /** Payments and deposits that payers signed and the gateway sent; `open`: nobody knows yet. */
  readonly settlements: { readonly settled: number; readonly refused: number; readonly open: number }
  /** What the day's charges cost on the ledger, in gas; an estimate. */
  readonly gas: GasEstimateJson
}

/**
 * Charges on channels, had each been an exact payment of its own, against what the channels took. Counts are of the day, gas of each
 * from the bench (bench/README.md). `isWhole` is false where more was claimed than was counted.
 */
export type GasEstimateJson = {
  readonly charges: number
  readonly deposits: number
  readonly claims: number
  readonly settlements: number
  readonly asExactGas: number
  readonly asChannelsGas: number
  readonly isWhole: boolean
}

/** One payer's account with the gateway. `exact` is no channel: what it paid by the call. */
export type PaymentChannelJson = {
  readonly channelId: string
  readonly payer: string
  readonly kind: 'key' | 'call' | 'exact'
  /** Of the API key. */
  readonly label?: string
  readonly state: 'open' | 'withdrawing' | 'closed'
  readonly depositAtomic: string
  readonly owedPicoUsd: string
  readonly claimedAtomic: string
  readonly callsOfDay: number
  readonly openedAtMs: number
}

/** One move on the ledger: what a payer signed (`payment`, `deposit`), or the gateway took out of channels (`claim`, `settlement`). */
export type SettlementJson = {
  readonly id: string
  readonly kind: 'payment' | 'deposit' | 'claim' | 'settlement'
  readonly state: 'sending' | 'settled' | 'refused'
  readonly payer?: string
  readonly channelId?: string
  readonly amountAtomic: string
  readonly atMs: number
  readonly reason?: string
  readonly transactionHash?: string
}

/** One payment at the door. */
export type PaymentEventJson = {
  readonly id: number
  readonly atMs: number
  readonly outcome: 'held' | 'repeated' | 'refused'
  readonly wire: string
  readonly backEnd?: string
  readonly code?: string
  readonly payer?: string
  readonly method: string
  /** Of the resource, cut. */
  readonly path: string
  readonly maximumAtomic: string
}

/** `GET /api/payments/details`: who paid what, for the owner alone. All newest first, each list cut. */
export type PaymentDetailsJson = {
  readonly channels: readonly PaymentChannelJson[]
  readonly channelsLeftOut: number
  readonly settlements: readonly SettlementJson[]
  readonly events: readonly PaymentEventJson[]
}
