export {
  GatewayServer,
  type GatewayServerOptions,
  KeyRegistry,
  ProviderTable,
} from './client/index.ts'
export {
  EmbeddedEngine,
  type EnginePort,
  ProviderServer,
  type ProviderServerOptions,
  UpstreamEngine,
} from './provider/index.ts'
export { checkInferenceBundle, inferenceKind, inferenceWorkType } from './rules/index.ts'
export { parseAnswerEvidence, verifyAnswer } from './verifier/index.ts'
