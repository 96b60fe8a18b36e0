export type { Aggregator, AggregatorInput, AggregatorOutput, RankingValidator } from './aggregator.ts'
export { type BeaconRandom, createBeaconRandom } from './beacon-random.ts'
export { buildClaimsTree, type ClaimProof, type ClaimsTree, type CumulativeLeaf, claimLeafHash } from './claims-tree.ts'
export {
  type CombinePolicy,
  defineSubnet,
  type ProbeContext,
  type SampleContext,
  type ScoreContext,
  type Subnet,
  type SubnetDefinition,
  type SubnetParameters,
  type VerifiedWork,
  type VerifyContext,
} from './define-subnet.ts'
export { type EpochPhase, type EpochWindow, epochAt, epochPhase, epochWindow, type SubnetClock } from './epoch-clock.ts'
export {
  computeEpoch,
  type EpochComputation,
  type EpochInputs,
  type Payout,
  type PermittedValidator,
  type PreviousResult,
  payableEmission,
  type Seat,
  stakeHash,
  weightsHash,
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
  combineScores,
  type EvidenceLog,
  evidenceLogToText,
  type LoggedScore,
  parseEvidenceLog,
  type ScoredEpoch,
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
export { apportion, oneQ32 } from './shares.ts'
export { columnMedian, stakeMedian } from './stake-median.ts'
export {
  maximumWeight,
  packRow,
  rowHash,
  unpackRow,
  upscaleScores,
  type WeightEntry,
  type WeightRow,
  weightsCommitment,
} from './weight-row.ts'
export {
  checkCommitted,
  checkWorkList,
  maximumPageItems,
  maximumWorkItems,
  parseWorkPage,
  type WorkItem,
  type WorkPage,
  workCommitmentOf,
  workPage,
} from './work-list.ts'
