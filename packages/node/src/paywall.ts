/** A paywall in front of any HTTP API. */
export { AgentListing, lockAgent } from './paywall/agent-listing.ts'
export { openAgentTill } from './paywall/agent-till.ts'
export { HomePaywall } from './paywall/home-paywall.ts'
export { freeRules, type PriceList, parsePrice, parsePriceRules } from './paywall/price-list.ts'
export { readTillEarnings, type TillEarnings as PaywallEarnings } from './paywall/till-earnings.ts'
export { parseUpstream } from './paywall/upstream.ts'
