/** What the founder's commands need: running, replaying and reading subnet files. */

export type { MechanismPart } from '../rules/evidence.ts'
export { maximumScorePpm } from '../rules/evidence.ts'
export { type EvidenceLog, parseEvidenceLog } from '../rules/evidence-log.ts'
export { subnetFields } from '../rules/subnet-file/define-subnet.ts'
export { answerEvidenceBytes } from '../verifier/http-ports.ts'
export { type Replay, replayLog } from '../verifier/replay-log.ts'
export { readSubnetFile, SubnetSandbox } from '../verifier/sandbox/sandbox.ts'
export { type DevMiner, type DevReport, type ReplayBundle, runSubnetDev } from './dev-run.ts'
export { readPriceFeed, withPriceFeed } from './price-feed.ts'
