export { type BeaconSource, createHttpBeacon, quicknetRelays } from './beacon-source.ts'
export {
  beaconChainOf,
  beaconTrust,
  localNetworkBeacon,
  openNetworkBeacon,
  quicknetBeacon,
  sealSentence,
} from './network-beacon.ts'
export { createPeerClient, type Peer, type PeerClient } from './peer-client.ts'
export type {
  Accrual,
  Endpoint,
  Offence,
  SubmittedRoot,
  SubnetLedger,
  SubnetLedgerWriter,
  WeightsCommitment,
  WorkCommitment,
} from './subnet-ledger.ts'
export { unlessDone } from './unless-done.ts'
export { createSubnetLedger } from './viem-subnet-ledger.ts'
export { createSubnetLedgerWriter } from './viem-subnet-ledger-writer.ts'
