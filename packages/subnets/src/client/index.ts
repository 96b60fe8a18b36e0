export { type EventContracts, type EventOptions, type LedgerEvent, LedgerEvents } from './ledger-events.ts'
export {
  createPeerClient,
  type NodeSession,
  type Peer,
  type PeerClient,
  type PeerClientOptions,
  type PeerRequest,
} from './peer-client.ts'
export type { Endpoint, SubmittedRoot, SubnetLedger, SubnetLedgerWriter, WorkCommitment } from './subnet-ledger.ts'
export { unlessDone } from './unless-done.ts'
export { createSubnetLedger, type SubnetNetwork } from './viem-subnet-ledger.ts'
export { createSubnetLedgerWriter } from './viem-subnet-ledger-writer.ts'
