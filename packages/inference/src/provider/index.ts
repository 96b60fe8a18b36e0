export { EmbeddedEngine } from './embedded-engine.ts'
export { type EngineLoad, type EngineOptions, InferenceEngine } from './engine/index.ts'
export type { EngineDescription, EngineEnd, EnginePiece, EnginePort, EngineRequest } from './engine-port.ts'
export { type EvidenceDetail, type EvidenceJson, evidenceSchema, readEvidence } from './evidence.ts'
export { createProviderGate } from './provider-gate.ts'
export type {
  ProviderEvent,
  ProviderLimits,
  ProviderModules,
  ProviderPayments,
  ProviderServerOptions,
  ServedModel,
} from './provider-options.ts'
export { ProviderServer } from './provider-server.ts'
export { UpstreamEngine, type UpstreamEngineOptions } from './upstream-engine.ts'
export { assumedContextLength, probeUpstream, type UpstreamServer } from './upstream-server.ts'
