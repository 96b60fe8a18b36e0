/** `GET /api/network`. Amounts are decimal strings, see the names for units. */

/** A seat of the subnet that the gateway serves, as it is reached now. */
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

/** The subnet that the gateway serves. */
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

/** A model that the gateway has offers of. */
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

/** A process of a network of this machine. */
export type RoleJson = {
  readonly name: string
  readonly kind: string
  readonly state: string
  readonly pid?: number
  readonly startedAtMs?: number
  readonly restarts: number
  readonly rssBytes?: number
}

/** What validators seal their rows to, and whose honesty that rests on, in words; its rounds where there is one. */
export type BeaconJson = {
  readonly kind: 'local' | 'drand' | 'none'
  readonly trust: string
  readonly publicKey?: string
  readonly genesisSeconds?: number
  readonly periodSeconds?: number
  readonly endpoints?: readonly string[]
  readonly chainHash?: string
}

/** The network as the gateway knows it now. */
export type NetworkJson = {
  readonly asOfBlock: number
  readonly asOfAtMs: number
  readonly chainId: number
  readonly name?: string
  readonly chainKind: 'embedded' | 'external'
  /** Money on this network is worth nothing. */
  readonly isTest?: boolean
  readonly gateway: unknown
  readonly beacon?: BeaconJson
  readonly roles: readonly RoleJson[]
  readonly subnets: readonly SubnetJson[]
  readonly models: readonly ModelJson[]
}
