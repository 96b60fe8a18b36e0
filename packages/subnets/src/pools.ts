/** Trading alpha and staking it: what an account holds, what a trade would bring, and the moves themselves. */
export {
  type AlphaHoldings,
  HoldingsReader,
  type LeavingStake,
  positionOn,
  readFreeAlpha,
  type StakePosition,
  sharesWorth,
} from './client/alpha-holdings.ts'
export {
  claimRootDividends,
  leastOf,
  moveStake,
  rootNetuid,
  stakeOn,
  swapStake,
  type Unstaked,
  unstakeFrom,
  withdrawUnstaked,
} from './client/alpha-stake.ts'
export { type EarnedAlpha, readEarnedAlpha, sumOfEarned } from './client/earned-alpha.ts'
export {
  announceParts,
  type PartsOfAlpha,
  partBounds,
  partsDelaySeconds,
  readParts,
} from './client/emission-parts.ts'
export { type EmissionShares, readEmissionShares } from './client/emission-shares.ts'
export {
  buyAlpha,
  type PoolAccount,
  redeemAlpha,
  sellAlpha,
  sendAlpha,
  type Traded,
} from './client/pool-trades.ts'
export {
  type PoolNetwork,
  type PoolPlace,
  readMarket,
  readMarkets,
  readPool,
  type SubnetPool,
  type SubnetPot,
} from './client/pools.ts'
export { policyWords, type ShareFacts, shareWords } from './rules/emission/share-words.ts'
export {
  defaultSlippageBps,
  maximumSlippageBps,
  type TradeSide,
  type TradeTerms,
  tradeTerms,
  worthAtPrice,
} from './rules/pool/trade-terms.ts'
export { type Pool, poolPrice, wad } from './rules/pool/weighted-pool.ts'
