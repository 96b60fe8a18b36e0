/**
 * `GET /api/pools`, `/api/pools/{netuid}/quote` and `/api/stake`. Amounts are decimal strings of atomic units, prices KOIN for one alpha
 * in parts of 1e18.
 */

/** The pool of a subnet. */
export type OpenMarketJson = {
  readonly priceWad: string
  readonly averagePriceWad: string
  readonly poolKoinAtomic: string
  readonly poolAlphaAtomic: string
  readonly supplyAtomic: string
  readonly openedAtSeconds: number
}

/** What is left of a dissolved subnet's pool, for all alpha that is outstanding. */
export type PotJson = { readonly potAtomic: string; readonly outstandingAtomic: string }

/** A pool, or what is left of one. */
export type MarketJson = OpenMarketJson | PotJson

/** A subnet's market. */
export type PoolJson = { readonly netuid: number; readonly name: string } & MarketJson

/** Every subnet's market. */
export type PoolsJson = { readonly asOfBlock: number; readonly pools: readonly PoolJson[] }

/** Whether alpha is bought or sold. */
export type TradeSide = 'buy' | 'sell'

/** What a trade would bring now: `input` is KOIN of a purchase and alpha of a sale, `output` the other. */
export type QuoteJson = {
  readonly netuid: number
  readonly side: TradeSide
  readonly inputAtomic: string
  readonly feeAtomic: string
  readonly outputAtomic: string
  readonly leastOutputAtomic: string
  readonly priceWad: string
  readonly priceAfterWad: string
  readonly impactPpm: number
}

/** Subnet 0 is the root: its amounts are KOIN, all others alpha. */
export type AmountJson = { readonly netuid: number; readonly amountAtomic: string }

/** Stake on a hotkey; where it `isBound` it backs a validator: unstaking takes its time. */
export type PositionJson = AmountJson & { readonly hotkey: string; readonly isBound: boolean }

/** What was unstaked and waits. */
export type LeavingJson = AmountJson & { readonly hotkey: string; readonly freeAtSeconds: number }

/** What the owner holds. `nowSeconds` is the ledger's clock. */
export type StakeJson = {
  readonly account: string
  readonly koinAtomic: string
  readonly nowSeconds: number
  readonly free: readonly AmountJson[]
  readonly staked: readonly PositionJson[]
  readonly leaving: readonly LeavingJson[]
  readonly rootDividends: readonly (AmountJson & { readonly hotkey: string })[]
}
