/** What this workspace uses of the inference package, in one place. */
export {
  bytesSource,
  dequantiseRow,
  interleaveRotaryRows,
  type LlamaTensor,
  readGgufHeader,
  type TensorType,
  type VocabularyToken,
  writeLlamaGguf,
} from '@koinon/inference/gguf'
export { InferenceEngine } from '@koinon/inference/provider/engine'
export { samplerSettings } from '@koinon/inference/rules'
