export {
  localNetworkBeacon,
  openNetworkBeacon,
  quicknetBeacon,
  roundChainOf,
  sealSentence,
  sealTrust,
} from './network-beacon.ts'
export { createPeerClient, type Peer, type PeerClient } from './peer-client.ts'
export type { Settlement } from './settlement.ts'
export type {
  Accrual,
  Endpoint,
  Offence,
  SignedResult,
  SubmittedRoot,
  SubnetLedger,
  SubnetLedgerWriter,
  WeightsCommitment,
  WorkCommitment,
} from './subnet-ledger.ts'
export type { Timekeeper } from './timekeeper.ts'
export { unlessDone } from './unless-done.ts'
export type { Upkeep } from './upkeep.ts'
export { createSubnetLedger } from './viem-subnet-ledger.ts'
export { createSubnetLedgerWriter } from './viem-subnet-ledger-writer.ts'
