export { createPeerClient, createSubnetLedger, createSubnetLedgerWriter, type SubnetLedger } from './client/index.ts'
export { createWorkListHandler, WorkCommitter, WorkStore, workStoreSchema } from './provider/index.ts'
export {
  checkEvidenceLog,
  defineSubnet,
  type EpochWindow,
  type EvidenceLog,
  epochAt,
  epochPhase,
  epochWindow,
  failedCheckNames,
  type MinerEvidence,
  type MinerScore,
  maximumScorePpm,
  parseEvidenceLog,
  type Subnet,
  type SubnetClock,
  scoreEpoch,
  unpackRow,
  type VerifyContext,
  type WorkEvidence,
  type WorkItem,
} from './rules/index.ts'
export {
  createAttestationPort,
  createMinerPort,
  type Prober,
  type ValidatorEvent,
  ValidatorLoop,
  ValidatorServer,
  ValidatorStore,
  validatorStoreSchema,
} from './verifier/index.ts'
