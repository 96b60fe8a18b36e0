export { benchmarkEngine, type DecodeSpeed, type EngineBenchmark } from './benchmark.ts'
export { type EngineLoad, InferenceEngine, type TeacherForcing } from './engine.ts'
export { type EngineOptions } from './options.ts'
export { type TokenisedPrompt } from './prompt.ts'
export {
  type EndEvent,
  type GenerationEvent,
  type GenerationInput,
  type GenerationRequest,
  type TokenEvent,
  type TokenLogprob,
} from './request.ts'
export { type EvaluatedRow } from './sequence.ts'
