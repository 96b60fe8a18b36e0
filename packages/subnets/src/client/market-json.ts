/** A market and the terms of a trade in plain JSON, as dashboard and command line give them (specs/0008-http.md section 2). */
import type { MarketJson, QuoteJson } from '@koinon/work/dashboard'
import type { TradeTerms } from '../rules/pool/trade-terms.ts'
import type { SubnetPool, SubnetPot } from './pools.ts'

/** Of a dissolved subnet only the pot is left. */
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

export function termsJson(netuid: number, terms: TradeTerms): QuoteJson {
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
