import type { Address, Hex } from '@koinon/base'
import type { CommandStyle } from '@koinon/work/dashboard'

/** Prices a provider asks, pico-dollars (1e-12 dollar) a token. */
export type Prices = { readonly promptPricePicoUsdPerToken: bigint; readonly outputPricePicoUsdPerToken: bigint }

type RoleCommon = { readonly name: string; readonly homePath: string; readonly host: string }

export type ChainRoleConfig = RoleCommon & {
  readonly kind: 'chain'
  readonly chainId: number
  readonly rpcPort: number
  /** Accounts that own native currency from the start, and how much in wei. */
  readonly genesisAccounts: readonly { readonly address: Address; readonly balanceWei: bigint }[]
}

/** The home's own stand-in for a public randomness beacon; the network file names its port. */
export type BeaconRoleConfig = RoleCommon & {
  readonly kind: 'beacon'
  /** Its key, by the name that it has in the home. */
  readonly keyName: string
  readonly port: number
  /** The ledger whose time it follows. */
  readonly rpcUrl: string
  readonly chainId: number
  readonly epochsContract: Address
  readonly genesisSeconds: number
  readonly periodSeconds: number
}

export type IndexerRoleConfig = RoleCommon & {
  readonly kind: 'indexer'
  /** PGlite in the home, or a PostgreSQL connection URL. */
  readonly postgresUrl?: string
}

export type GatewayRoleConfig = RoleCommon & {
  readonly kind: 'gateway'
  readonly port: number
  readonly indexerUrl?: string
  /** A home's own network: the page may act for the owner. Never on a public bind. */
  readonly isLocal: boolean
  /** How the page writes commands of this home. */
  readonly command?: CommandStyle
  readonly netuid: number
  /** The most that is paid for single models, by id; beside the bounds that hold for all. */
  readonly maximumPrices?: Readonly<Record<string, Prices>>
}

export type ProviderRoleConfig = RoleCommon & {
  readonly kind: 'provider'
  readonly netuid: number
  readonly engine: EngineConfig
  /** Model id that clients name. */
  readonly modelId: string
  readonly prices: Prices
  /** 0 takes the port of the last start when it is free, else any. */
  readonly port: number
  /** URL under which others reach this provider; from host and port when left out. */
  readonly publicUrl?: string
  readonly seat?: SeatConfig
  readonly maximumSequences: number
}

/** What a seat may cost, 1e-18 KOIN. */
export type SeatConfig = {
  /** To register; 5 % above the price of the moment when left out. */
  readonly maxBurn?: bigint
  /** To keep the seat when a newcomer claims it; nothing when left out. */
  readonly matchUpTo?: bigint
}

/** What a provider answers with: a model file in its own process, or an OpenAI-compatible server that runs elsewhere. */
export type EngineConfig =
  | {
      readonly kind: 'embedded'
      readonly modelPath: string
      readonly unsureBelow?: number
      /** The machine is measured before the role registers, unless a fitting measurement at or after this time (Unix ms) is kept; never when left out. */
      readonly benchmarkSinceMs?: number
    }
  | {
      readonly kind: 'upstream'
      readonly url: string
      readonly model: string
      /** Name of the environment variable with the server's key; the key itself is in no configuration. */
      readonly keyVariable?: string
    }

export type ValidatorRoleConfig = RoleCommon & {
  readonly kind: 'validator'
  readonly netuid: number
  readonly modelPath: string
  readonly port: number
  readonly publicUrl?: string
  readonly gatewayUrl: string
  readonly apiKey: string
  readonly seat?: SeatConfig
  /** Where rounds of the network's beacon are asked for, instead of the network file's endpoints. */
  readonly beaconEndpoints?: readonly string[]
  /** Gas that is paid to have a small subnet's result computed by the ledger; 0 never. On an embedded chain what it takes, elsewhere 0. */
  readonly mostConfirmGas?: number
  /** Stakes what local networks give; elsewhere the least that the subnet asks. */
  readonly isLocal: boolean
}

/** One account that takes part in a subnet; `name` names its key in the home. */
export type SubnetMember = {
  readonly name: string
  readonly kind: 'miner' | 'validator'
  /** 0 takes the port of the last start when it is free, else any. */
  readonly port: number
  readonly publicUrl?: string
}

export type SubnetRoleConfig = RoleCommon & {
  readonly kind: 'subnet'
  readonly netuid: number
  /** Absolute path of the subnet file. Of several versions each epoch goes by the one that the ledger names for it. */
  readonly file: string
  /** Absolute paths of other versions. */
  readonly otherFiles?: readonly string[]
  /** Where further versions may come to lie while the role runs. */
  readonly laterFolder?: string
  readonly members: readonly SubnetMember[]
  /** Of each member. */
  readonly seat?: SeatConfig
  /** As for validators of the inference subnet. */
  readonly beaconEndpoints?: readonly string[]
  readonly mostConfirmGas?: number
  /** Validators stake what local networks give; elsewhere the least that the subnet asks. */
  readonly isLocal: boolean
}

export type RoleConfig =
  | ChainRoleConfig
  | BeaconRoleConfig
  | IndexerRoleConfig
  | GatewayRoleConfig
  | ProviderRoleConfig
  | ValidatorRoleConfig
  | SubnetRoleConfig

/** What a role tells when it is ready; plain facts for status screens. */
export type RoleInfo = {
  readonly url?: string
  readonly account?: Hex
  readonly facts?: Readonly<Record<string, string | number | boolean>>
  /** Accounts that share the role's process. */
  readonly members?: readonly {
    readonly name: string
    readonly kind: 'miner' | 'validator'
    readonly account: Hex
    readonly url: string
  }[]
}
