/** A market and the terms of a trade in plain JSON, as dashboard and command line give them (specs/0008-http.md section 2). */
import type { TradeSide, TradeTerms } from '../rules/pool/trade-terms.ts'
import type { SubnetPool, SubnetPot } from './pools.ts'

/** Amounts are decimal strings of atomic units, prices KOIN for one alpha in parts of 1e18. Of a dissolved subnet only the pot is left. */
export type MarketJson =
  | {
      readonly priceWad: string
      readonly averagePriceWad: string
      readonly poolKoinAtomic: string
      readonly poolAlphaAtomic: string
      readonly supplyAtomic: string
      readonly openedAtSeconds: number
    }
  | { readonly potAtomic: string; readonly outstandingAtomic: string }

/** What a trade would bring: `input` is KOIN of a purchase and alpha of a sale, `output` the other. */
export type TermsJson = {
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

export function marketJson(market: SubnetPool | SubnetPot): MarketJson {
  if (!('pool' in market)) return { potAtomic: `${market.pot}`, outstandingAtomic: `${market.outstanding}` }
  const { pool, price, averagePrice, supply, openedAtSeconds } = market
  return {
    priceWad: `${price}`,
    averagePriceWad: `${averagePrice}`,
    poolKoinAtomic: `${pool.koin}`,
    poolAlphaAtomic: `${pool.alpha}`,
    supplyAtomic: `${supply}`,
    openedAtSeconds,
  }
}

export function termsJson(netuid: number, terms: TradeTerms): TermsJson {
  return {
    netuid,
    side: terms.side,
    inputAtomic: `${terms.input}`,
    feeAtomic: `${terms.fee}`,
    outputAtomic: `${terms.output}`,
    leastOutputAtomic: `${terms.leastOutput}`,
    priceWad: `${terms.priceBefore}`,
    priceAfterWad: `${terms.priceAfter}`,
    impactPpm: Number(terms.impactPpm),
  }
}
