/** What this workspace uses of the inference package, in one place. */

export { samplerSettings } from '@koinon/inference/rules'
export { InferenceEngine } from '../../packages/inference/src/provider/engine/index.ts'
export {
  bytesSource,
  dequantiseRow,
  interleaveRotaryRows,
  type LlamaTensor,
  readGgufHeader,
  type TensorType,
  type VocabularyToken,
  writeLlamaGguf,
} from '../../packages/inference/src/rules/gguf/index.ts'
export { logProbability } from '../../packages/inference/src/rules/sampler.ts'
