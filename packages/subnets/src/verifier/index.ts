export { Claimer, type ClaimerOptions, claimDelaySeconds } from './claimer.ts'
export { EpochHistory, type EpochHistoryOptions } from './epoch-history.ts'
export { createAttestationPort, createMinerPort } from './http-ports.ts'
export {
  type AccountSigner,
  type AttestationPort,
  type MinerPort,
  type ProbeAnswer,
  type Prober,
  type ValidatorEvent,
  type ValidatorOptions,
  type ValidatorTiming,
} from './ports.ts'
export { ValidatorLoop } from './validator-loop.ts'
export { ValidatorServer, type ValidatorServerOptions } from './validator-server.ts'
export {
  ValidatorStore,
  validatorStoreSchema,
} from './validator-store.ts'
