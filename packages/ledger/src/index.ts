export {
  chainOf,
  checkChain,
  confirmTransaction,
  createLedgerReader,
  createLedgerWriter,
  type LedgerReader,
  type LedgerWriter,
} from './clients.ts'
export { checkDollar, readDollarDomain } from './dollar.ts'
export {
  ensureIdentity,
  ensureOwnStake,
  findSeat,
  joinSubnet,
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
export { type ContractCall, TransactionSender } from './sender.ts'
