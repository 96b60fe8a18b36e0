import { KoinonError } from '@koinon/base'
import {
  interleaveRotaryRows,
  type LlamaTensor,
  type TensorType,
  type VocabularyToken,
  writeLlamaGguf,
} from '../inference.ts'
import type { Tensors } from './engine-step.ts'
import type { ModelShape } from './shape.ts'
import { spaceMark, type Tokenizer, tokenIds } from './tokenizer.ts'

/** Jinja template of the model. Role markers touch the text: a space there would become a token of its own. */
const chatTemplate = [
  '{{ bos_token }}{% for message in messages %}',
  "{% if message['role'] == 'system' %}<|system|>{{ message['content'] }}",
  "{% elif message['role'] == 'assistant' %}<|assistant|>{{ message['content'] }}{{ eos_token }}",
  "{% else %}<|user|>{{ message['content'] }}{% endif %}",
  '{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}',
].join('')

/** Name of each parameter in GGUF and how its matrix is stored there. */
const ggufNames: Readonly<Record<string, string>> = {
  attentionNorm: 'attn_norm',
  query: 'attn_q',
  key: 'attn_k',
  value: 'attn_v',
  output: 'attn_output',
  feedForwardNorm: 'ffn_norm',
  gate: 'ffn_gate',
  up: 'ffn_up',
  down: 'ffn_down',
}

function parameterName(ggufName: string): string {
  if (ggufName === 'token_embd.weight') return 'embedding'
  if (ggufName === 'output_norm.weight') return 'finalNorm'
  const [, layer, kind] = ggufName.match(/^blk\.(\d+)\.(\w+)\.weight$/) ?? []
  const own = Object.entries(ggufNames).find(([, name]) => name === kind)?.[0]
  if (layer === undefined || own === undefined)
    throw new KoinonError({ code: 'model/missing-parameter', message: `no parameter for ${ggufName}` })
  return `${layer}.${own}`
}

function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) out[column * rows + row] = values[row * columns + column] as number
  }
  return out
}

function ggufWeight(shape: ModelShape, tensors: Tensors, tensor: LlamaTensor): Float32Array {
  const name = parameterName(tensor.name)
  const values = tensors.get(name)?.values
  if (!values) throw new KoinonError({ code: 'model/missing-parameter', message: `the checkpoint lacks ${name}` })
  if (tensor.isVector || name === 'embedding') return values
  // Trained as [inputs, outputs]; GGUF stores one row per output.
  const rows = transposed(values, tensor.columns, tensor.rows)
  const isRotary = name.endsWith('.query') || name.endsWith('.key')
  return isRotary ? interleaveRotaryRows(rows, shape.heads, tensor.columns) : rows
}

/** Vocabulary entries for GGUF: kinds and scores by the position in the vocabulary. */
function vocabularyTokens(tokenizer: Tokenizer): VocabularyToken[] {
  return tokenizer.tokens.map((text, id) => {
    if (id === tokenIds.unknown) return { text, score: 0, kind: 'unknown' }
    if (id < tokenizer.firstNormal - 256) return { text, score: 0, kind: 'control' }
    if (id < tokenizer.firstNormal) return { text, score: 0, kind: 'byte' }
    return { text, score: -(id - tokenizer.firstNormal), kind: 'normal' }
  })
}

/** Writes the trained model as GGUF; the same tensors always give the same bytes. */
export function exportGguf(
  shape: ModelShape,
  tensors: Tensors,
  tokenizer: Tokenizer,
  quantisation: TensorType,
): Uint8Array {
  if (!tokenizer.tokens.includes(spaceMark))
    throw new KoinonError({ code: 'model/missing-parameter', message: 'the vocabulary lacks the space mark' })
  return writeLlamaGguf({
    name: 'Koinon demo',
    shape: {
      vocabularySize: shape.vocabularySize,
      contextLength: shape.declaredContext,
      embeddingLength: shape.width,
      feedForwardLength: shape.hiddenWidth,
      layers: shape.layers,
      headCount: shape.heads,
      keyValueHeadCount: shape.heads,
      ropeBase: shape.ropeBase,
      normEpsilon: shape.normEpsilon,
    },
    tokenizer: {
      tokens: vocabularyTokens(tokenizer),
      unknownTokenId: tokenIds.unknown,
      beginTokenId: tokenIds.begin,
      endTokenId: tokenIds.end,
      addBeginToken: true,
    },
    chatTemplate,
    quantisation,
    tiedEmbedding: true,
    weight: (tensor) => ggufWeight(shape, tensors, tensor),
    extraMetadata: { 'general.license': { kind: 'string', value: 'apache-2.0' } },
  })
}
