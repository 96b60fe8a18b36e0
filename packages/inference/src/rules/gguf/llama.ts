import { KoinonError } from '@koinon/base'
import { quantiseRow } from './quantise.ts'
import type { MetadataEntry, TensorEntry, TensorType } from './types.ts'
import { writeGguf } from './write.ts'

/** Shape of a llama-architecture model. `headSize` is embeddingLength / headCount. */
export type LlamaShape = {
  readonly vocabularySize: number
  readonly contextLength: number
  readonly embeddingLength: number
  readonly feedForwardLength: number
  readonly layers: number
  readonly headCount: number
  readonly keyValueHeadCount: number
  readonly ropeBase: number
  readonly normEpsilon: number
}

export type TokenKind = 'normal' | 'unknown' | 'control' | 'userDefined' | 'unused' | 'byte'

/** One vocabulary entry. In `text` a space is U+2581; a byte token reads `<0xNN>`; higher scores merge first. */
export type VocabularyToken = { readonly text: string; readonly score: number; readonly kind: TokenKind }

/** A SentencePiece-like tokenizer (`llama` in GGUF): merges by best score, leftmost first, bytes as fallback. */
export type LlamaTokenizer = {
  readonly tokens: readonly VocabularyToken[]
  readonly unknownTokenId: number
  readonly beginTokenId: number
  readonly endTokenId: number
  readonly addBeginToken: boolean
}

export type LlamaModelContent = {
  readonly name: string
  readonly shape: LlamaShape
  readonly tokenizer: LlamaTokenizer
  /** Jinja source, as in `tokenizer.chat_template`. */
  readonly chatTemplate: string
  /** Type of all matrices; vectors (norms) are always F32. */
  readonly quantisation: TensorType
  /**
   * Weights by GGUF tensor name, row-major [rows][columns] with rows = outputs (what GGUF calls dimensions
   * [columns, rows]). Query and key rows must already be in interleaved rotary order (`interleaveRotaryRows`).
   */
  readonly weight: (tensor: LlamaTensor) => Float32Array
  /** With tied embeddings there is no `output.weight`. */
  readonly tiedEmbedding: boolean
  /** Further metadata, e.g. `general.license`. Must not repeat a key written here. */
  readonly extraMetadata?: Readonly<Record<string, MetadataEntry>>
}

/** Name and size of one tensor: `columns` inputs, `rows` outputs; a vector has rows 1 and `isVector` true. */
export type LlamaTensor = {
  readonly name: string
  readonly columns: number
  readonly rows: number
  readonly isVector: boolean
}

const tokenKindIds: Readonly<Record<TokenKind, number>> = {
  normal: 1,
  unknown: 2,
  control: 3,
  userDefined: 4,
  unused: 5,
  byte: 6,
}
const fileTypeIds: Readonly<Record<TensorType, number>> = { F32: 0, F16: 1, Q4_0: 2, Q8_0: 7 }

/** All tensors of a llama model in file order. */
export function llamaTensors(shape: LlamaShape, tiedEmbedding: boolean): readonly LlamaTensor[] {
  const d = shape.embeddingLength
  const keyValueLength = (d / shape.headCount) * shape.keyValueHeadCount
  const matrix = (name: string, columns: number, rows: number): LlamaTensor => ({
    name,
    columns,
    rows,
    isVector: false,
  })
  const vector = (name: string): LlamaTensor => ({ name, columns: d, rows: 1, isVector: true })
  const tensors = [matrix('token_embd.weight', d, shape.vocabularySize)]
  for (let layer = 0; layer < shape.layers; layer++) {
    const block = `blk.${layer}`
    tensors.push(
      vector(`${block}.attn_norm.weight`),
      matrix(`${block}.attn_q.weight`, d, d),
      matrix(`${block}.attn_k.weight`, d, keyValueLength),
      matrix(`${block}.attn_v.weight`, d, keyValueLength),
      matrix(`${block}.attn_output.weight`, d, d),
      vector(`${block}.ffn_norm.weight`),
      matrix(`${block}.ffn_gate.weight`, d, shape.feedForwardLength),
      matrix(`${block}.ffn_up.weight`, d, shape.feedForwardLength),
      matrix(`${block}.ffn_down.weight`, shape.feedForwardLength, d),
    )
  }
  tensors.push(vector('output_norm.weight'))
  if (!tiedEmbedding) tensors.push(matrix('output.weight', d, shape.vocabularySize))
  return tensors
}

/** Writes a llama-architecture GGUF. Throws `gguf/bad-shape` when shape, tokenizer and weights do not fit. */
export function writeLlamaGguf(content: LlamaModelContent): Uint8Array {
  checkShape(content)
  const tensors = llamaTensors(content.shape, content.tiedEmbedding).map((tensor): TensorEntry => {
    const values = content.weight(tensor)
    if (values.length !== tensor.columns * tensor.rows) {
      throw badShape(`${tensor.name} has ${values.length} values instead of ${tensor.columns * tensor.rows}`)
    }
    const type = tensor.isVector ? 'F32' : content.quantisation
    const dimensions = tensor.isVector ? [tensor.columns] : [tensor.columns, tensor.rows]
    return { name: tensor.name, dimensions, type, data: quantiseRow(type, values) }
  })
  return writeGguf({ metadata: { ...llamaMetadata(content), ...content.extraMetadata }, tensors })
}

/**
 * Reorders the rows of a query or key matrix from half-split rotary order (first half, second half of each head, as most
 * trainers use) to the interleaved order llama.cpp expects for this architecture. `weights` is [heads * headSize][columns].
 */
export function interleaveRotaryRows(weights: Float32Array, heads: number, columns: number): Float32Array {
  const headSize = weights.length / columns / heads
  if (!Number.isInteger(headSize) || headSize % 2 !== 0)
    throw badShape('a rotary matrix does not split into even heads')
  const result = new Float32Array(weights.length)
  for (let head = 0; head < heads; head++) {
    for (let row = 0; row < headSize; row++) {
      const pair = Math.floor(row / 2)
      const from = head * headSize + pair + (row % 2) * (headSize / 2)
      result.set(weights.subarray(from * columns, (from + 1) * columns), (head * headSize + row) * columns)
    }
  }
  return result
}

function llamaMetadata(content: LlamaModelContent): Record<string, MetadataEntry> {
  const { shape, tokenizer } = content
  const integer = (value: number): MetadataEntry => ({ kind: 'uint32', value })
  const real = (value: number): MetadataEntry => ({ kind: 'float32', value })
  const text = (value: string): MetadataEntry => ({ kind: 'string', value })
  return {
    'general.architecture': text('llama'),
    'general.name': text(content.name),
    'general.file_type': integer(fileTypeIds[content.quantisation]),
    'general.quantization_version': integer(2),
    'llama.vocab_size': integer(shape.vocabularySize),
    'llama.context_length': integer(shape.contextLength),
    'llama.embedding_length': integer(shape.embeddingLength),
    'llama.block_count': integer(shape.layers),
    'llama.feed_forward_length': integer(shape.feedForwardLength),
    'llama.attention.head_count': integer(shape.headCount),
    'llama.attention.head_count_kv': integer(shape.keyValueHeadCount),
    'llama.attention.layer_norm_rms_epsilon': real(shape.normEpsilon),
    'llama.rope.dimension_count': integer(shape.embeddingLength / shape.headCount),
    'llama.rope.freq_base': real(shape.ropeBase),
    'tokenizer.ggml.model': text('llama'),
    'tokenizer.ggml.tokens': { kind: 'array', of: 'string', value: tokenizer.tokens.map((token) => token.text) },
    'tokenizer.ggml.scores': { kind: 'array', of: 'float32', value: tokenizer.tokens.map((token) => token.score) },
    'tokenizer.ggml.token_type': {
      kind: 'array',
      of: 'int32',
      value: tokenizer.tokens.map((token) => tokenKindIds[token.kind]),
    },
    'tokenizer.ggml.bos_token_id': integer(tokenizer.beginTokenId),
    'tokenizer.ggml.eos_token_id': integer(tokenizer.endTokenId),
    'tokenizer.ggml.unknown_token_id': integer(tokenizer.unknownTokenId),
    'tokenizer.ggml.add_bos_token': { kind: 'bool', value: tokenizer.addBeginToken },
    'tokenizer.ggml.add_eos_token': { kind: 'bool', value: false },
    'tokenizer.ggml.add_space_prefix': { kind: 'bool', value: false },
    'tokenizer.chat_template': text(content.chatTemplate),
  }
}

function checkShape(content: LlamaModelContent): void {
  const { shape, tokenizer } = content
  if (tokenizer.tokens.length !== shape.vocabularySize) {
    throw badShape(`${tokenizer.tokens.length} tokens for a vocabulary of ${shape.vocabularySize}`)
  }
  if (shape.embeddingLength % shape.headCount !== 0 || (shape.embeddingLength / shape.headCount) % 2 !== 0) {
    throw badShape('the embedding does not split into even heads')
  }
  if (shape.headCount % shape.keyValueHeadCount !== 0) throw badShape('key-value heads do not divide the heads')
  for (const id of [tokenizer.beginTokenId, tokenizer.endTokenId, tokenizer.unknownTokenId]) {
    if (tokenizer.tokens[id] === undefined) throw badShape(`special token ${id} is outside the vocabulary`)
  }
}

function badShape(reason: string): KoinonError {
  return new KoinonError({ code: 'gguf/bad-shape', message: `The model does not fit together: ${reason}.` })
}
