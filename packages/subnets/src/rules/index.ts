export type { Aggregator } from './aggregator.ts'
export { aggregatorWords } from './aggregators/aggregator-words.ts'
export { createBeaconRandom } from './beacon-random.ts'
export {
  type Confirmation,
  confirmationObstacle,
  confirmationOf,
  mostConfirmationGas,
} from './confirmation.ts'
export {
  type DecentralizationFacts,
  type DecentralizationReport,
  decentralizationReport,
  type Holding,
  type JudgedSubnet,
  meanAgreementPpm,
  type ReplayState,
  spearmanPpm,
} from './decentralization/index.ts'
export { type Disputable, type Dispute, findDisputes } from './disputes.ts'
export { type EpochWindow, epochAt, epochPhase, epochWindow, type SubnetClock } from './epoch-clock.ts'
export type { HeldSeat, PaidParts, PermittedValidator, PreviousResult, Seat } from './epoch-inputs.ts'
export { carryWords, computeEpoch, type EpochComputation, type Posting } from './epoch-record.ts'
export {
  boundedDetail,
  failedCheckNames,
  type MinerEvidence,
  type MinerScore,
  maximumScorePpm,
  type WorkEvidence,
} from './evidence.ts'
export {
  checkEvidenceLog,
  checkPreviousScores,
  type EvidenceLog,
  evidenceLogToText,
  parseEvidenceLog,
  scoreEpoch,
} from './evidence-log.ts'
export { type NextResult, nextResult } from './next-result.ts'
export { type EpochRecord, parseEpochRecord } from './parse-epoch-record.ts'
export { type SeatClaim, seatClaims } from './payouts.ts'
export { worthOfShares } from './pool/share-worth.ts'
export {
  type EpochResult,
  objectionDigest,
  type ResultDomain,
  resultDigest,
  resultFromJson,
  resultToJson,
  totalsOf,
} from './result.ts'
export { climbFromAmount, halfRoot } from './result-tree.ts'
export { type AmountNumbers, maximumRowAge } from './seat-words.ts'
export {
  type SpecParts,
  type Subnet,
  subnetFromDefinition,
  type VerifiedWork,
  type VerifyContext,
  type WorkListAudit,
} from './subnet-definition.ts'
export { taskSubnet } from './subnet-file/task-subnet.ts'
export { turnOf } from './turns.ts'
export { packRow, unpackRow, weightsCommitment } from './weight-row.ts'
export {
  checkCommitted,
  checkWorkList,
  maximumPageItems,
  maximumWorkItems,
  parseWorkPage,
  type WorkItem,
  workCommitmentOf,
  workPage,
} from './work-list.ts'
export { runEpochVectors, type VectorOutcome } from './yuma/vector-run.ts'
