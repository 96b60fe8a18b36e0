export {
  createPeerClient,
  type NodeSession,
  type Peer,
  type PeerClient,
  type PeerClientOptions,
} from './peer-client.ts'
export type { Endpoint, SubmittedRoot, SubnetLedger, SubnetLedgerWriter, WorkCommitment } from './subnet-ledger.ts'
export { unlessDone } from './unless-done.ts'
export { createSubnetLedger, type SubnetNetwork } from './viem-subnet-ledger.ts'
export { createSubnetLedgerWriter } from './viem-subnet-ledger-writer.ts'
