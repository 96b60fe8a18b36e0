/** A paywall in front of any HTTP API. */
export { HomePaywall, type PaywallEarnings } from './paywall/home-paywall.ts'
export { freeRules, type PriceList, parsePrice, parsePriceRules } from './paywall/price-list.ts'
export { parseUpstream } from './paywall/upstream.ts'
