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
export {
  announceRules,
  announceTexts,
  dropOwnerHotkey,
  type InForce,
  mostOwnerHotkeys,
  nameOwnerHotkey,
  type OwnerHotkey,
  readNextForce,
  readOwnerHotkeys,
  readTextsAt,
  type SubnetTexts,
} from './client/announcements.ts'
export {
  announceChildren,
  answerParent,
  applyChildren,
  type ChildKeys,
  type ChildShare,
  readAutoStake,
  readChildKeys,
  readTakes,
  setAutoStake,
  setTake,
  type Take,
  type TakeKind,
} from './client/delegation.ts'
export { type EarnedAlpha, readEarnedAlpha, sumOfEarned } from './client/earned-alpha.ts'
export {
  announceParts,
  readParts,
} from './client/emission-parts.ts'
export { type EmissionShares, readEmissionShares } from './client/emission-shares.ts'
export { readSplit } from './client/emission-split.ts'
export { readLastResultEpoch } from './client/last-result.ts'
export { marketJson, termsJson } from './client/market-json.ts'
export {
  type Candidate,
  contestOwnership,
  endContest,
  type HeldLock,
  lockAlpha,
  type OwnershipState,
  readLock,
  readOwnership,
  takeOverSubnet,
  unlockAlpha,
  withdrawLocked,
} from './client/ownership.ts'
export { type PendingChanges, type PendingView, readPendingChanges } from './client/pending-changes.ts'
export {
  buyAlpha,
  type PoolAccount,
  redeemAlpha,
  sellAlpha,
  sendAlpha,
  type Traded,
} from './client/pool-trades.ts'
export {
  netuidsOf,
  type PoolNetwork,
  type PoolView,
  readMarket,
  readMarkets,
  readPool,
  type SubnetPool,
  type SubnetPot,
} from './client/pools.ts'
export { ensurePermitSought, ensureRootStake, ensureWeight } from './client/validator-stake.ts'
export type { AlphaParts } from './rules/emission/coinbase.ts'
export { maximumOwnerBps, minimumPartBps, partsDelaySeconds } from './rules/emission/constants.ts'
export { policyWords, type ShareFacts, shareWords } from './rules/emission/share-words.ts'
export { maximumChildren, maximumTakeBps } from './rules/pool/constants.ts'
export { koinWorth } from './rules/pool/koin-worth.ts'
export {
  defaultSlippageBps,
  maximumSlippageBps,
  type TradeSide,
  type TradeTerms,
  tradeTerms,
} from './rules/pool/trade-terms.ts'
export { type Pool, wad } from './rules/pool/weighted-pool.ts'
