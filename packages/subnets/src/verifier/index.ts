export { type PlannedAccusation, planAccusation, signedResultFromJson } from './accuse.ts'
export { SandboxedJudge } from './answer-judge.ts'
export type { KnownDefinition } from './audit/evidence-check.ts'
export {
  announcedChange,
  createCandidates,
  createSubnetChecks,
  decentralizationFacts,
  parseWhatIf,
  type WhatIf,
  type WhatIfChange,
  whatIf,
} from './audit/index.ts'
export { type PlannedConfirmation, pendingRoot, planConfirmation, sendConfirmation } from './confirm.ts'
export { answerEvidenceBytes, createAttestationPort, createMinerPort } from './http-ports.ts'
export { inParallel } from './in-parallel.ts'
export { type Prober, type ValidatorEvent } from './ports.ts'
export { replayLog } from './replay-log.ts'
export { ReopeningSandbox } from './sandbox/reopening-sandbox.ts'
export { readSubnetFile, SubnetSandbox } from './sandbox/sandbox.ts'
export { SigningStop } from './signing-stop.ts'
export { ValidatorLoop } from './validator-loop.ts'
export { ValidatorServer } from './validator-server.ts'
export { ValidatorStore, validatorStoreSchema } from './validator-store.ts'
