export { assessMiners, type EpochToAssess } from './assess.ts'
export { Claimer, type ClaimerOptions, claimDelaySeconds } from './claimer.ts'
export { EpochHistory, type EpochHistoryOptions } from './epoch-history.ts'
export { createAttestationPort, createMinerPort } from './http-ports.ts'
export {
  type AccountSigner,
  type AttestationPort,
  defaultTiming,
  type MinerPort,
  type ProbeAnswer,
  type Prober,
  type ValidatorEvent,
  type ValidatorOptions,
  type ValidatorTiming,
} from './ports.ts'
export { proposerRank } from './result-step.ts'
export { ValidatorLoop } from './validator-loop.ts'
export { ValidatorServer, type ValidatorServerOptions } from './validator-server.ts'
export {
  type Assessment,
  type Attestation,
  type Objection,
  type StoredProbe,
  ValidatorStore,
  validatorStoreSchema,
} from './validator-store.ts'
