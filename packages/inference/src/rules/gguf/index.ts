export {
  interleaveRotaryRows,
  type LlamaModelContent,
  type LlamaShape,
  type LlamaTensor,
  type LlamaTokenizer,
  llamaTensors,
  type TokenKind,
  type VocabularyToken,
  writeLlamaGguf,
} from './llama.ts'
export {
  bytesSource,
  type GgufManifest,
  type GgufSource,
  manifestOf,
  readGgufHeader,
  readGgufManifest,
} from './manifest.ts'
export { dequantiseRow, quantiseRow } from './quantise.ts'
export {
  createRandomModel,
  type RandomModelOptions,
  randomModelChatTemplate,
  randomModelTokens,
} from './random-model.ts'
export { type GgufHeader, ggufLimits, type MetadataValue, parseGgufHeader, type TensorDescription } from './read.ts'
export { type MetadataEntry, type TensorEntry, type TensorType, tensorBytes } from './types.ts'
export { type GgufContent, writeGguf } from './write.ts'
