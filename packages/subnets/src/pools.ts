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
  announceChildren,
  answerParent,
  applyChildren,
  type ChildKeys,
  type ChildShare,
  mostChildren,
  readAutoStake,
  readChildKeys,
  readTakes,
  setAutoStake,
  setTake,
  type Take,
  type TakeKind,
  takeBounds,
} from './client/delegation.ts'
export { type EarnedAlpha, readEarnedAlpha, sumOfEarned } from './client/earned-alpha.ts'
export {
  announceParts,
  type PartsOfAlpha,
  partBounds,
  partsDelaySeconds,
  readParts,
} from './client/emission-parts.ts'
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
export { type PendingChanges, type PendingPlace, readPendingChanges } from './client/pending-changes.ts'
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
export {
  defaultSlippageBps,
  maximumSlippageBps,
  type TradeSide,
  type TradeTerms,
  tradeTerms,
  worthAtPrice,
} from './rules/pool/trade-terms.ts'
export { type Pool, poolPrice, wad } from './rules/pool/weighted-pool.ts'
