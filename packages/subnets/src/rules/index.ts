export type { Aggregator, AggregatorInput, AggregatorOutput, RankingValidator } from './aggregator.ts'
export { type BeaconRandom, createBeaconRandom } from './beacon-random.ts'
export { buildClaimsTree, type ClaimProof, type CumulativeLeaf, claimLeafHash } from './claims-tree.ts'
export {
  type AuditContext,
  defineSubnet,
  type Subnet,
  type SubnetDefinition,
  type VerifiedWork,
  type VerifyContext,
  type WorkListAudit,
} from './define-subnet.ts'
export { type EpochPhase, type EpochWindow, epochAt, epochPhase, epochWindow, type SubnetClock } from './epoch-clock.ts'
export {
  computeEpoch,
  type EpochComputation,
  type EpochInputs,
  type PermittedValidator,
  type PreviousResult,
  type Seat,
} from './epoch-record.ts'
export {
  failedCheckNames,
  type MinerEvidence,
  type MinerScore,
  maximumScorePpm,
  type WorkEvidence,
} from './evidence.ts'
export {
  checkEvidenceLog,
  type EvidenceLog,
  evidenceLogToText,
  type LoggedScore,
  parseEvidenceLog,
  scoreEpoch,
} from './evidence-log.ts'
export {
  type EpochResult,
  objectionDigest,
  type ResultDomain,
  resultDigest,
  resultFromJson,
  resultToJson,
} from './result.ts'

export { stakeMedian } from './stake-median.ts'
export {
  packRow,
  unpackRow,
  type WeightRow,
  weightsCommitment,
} from './weight-row.ts'
export {
  checkCommitted,
  checkWorkList,
  type ListedWork,
  maximumPageItems,
  maximumWorkItems,
  parseWorkPage,
  type WorkItem,
  workCommitmentOf,
  workPage,
} from './work-list.ts'
