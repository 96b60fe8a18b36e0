export { findAgent, findOwnedAgent } from './agents.ts'
export {
  chainOf,
  checkChain,
  confirmTransaction,
  createLedgerReader,
  createLedgerWriter,
  type LedgerReader,
  type LedgerView,
  type LedgerWriter,
} from './clients.ts'
export { checkDollar, readDollarDomain } from './dollar.ts'
export { type BlockSpan, LogPager } from './log-pager.ts'
export {
  ensureAllowance,
  findOwnChallenge,
  findSeat,
  type JoinTerms,
  joinSubnet,
  keepSeat,
  leaveSubnet,
  type Membership,
  type NeuronRecord,
  ofSubnet,
  readNeurons,
} from './membership.ts'
export {
  type ContractName,
  loadNetworkFile,
  type NetworkFile,
  networkDraftProblem,
  parseNetworkFile,
} from './network-file.ts'
export { localBeaconLabel, type NetworkBeacon } from './network-file-beacon.ts'
export { revertNameOf } from './revert-name.ts'
export { isContractRefusal, rpcUnreachable } from './rpc-unreachable.ts'
export {
  costOfMatch,
  quoteSeat,
  readChallenges,
  type SeatChallenge,
  type SeatRules,
  seatRuleBounds,
  withMargin,
} from './seat-market.ts'
export { type ContractCall, type SendOptions, TransactionSender } from './sender.ts'
export { SettledMark, unsettledBlocksOf } from './settled-mark.ts'
export {
  createSubnet,
  listSubnets,
  quoteLock,
  readSubnet,
  type SubnetParameters,
  type SubnetSummary,
} from './subnet-directory.ts'
