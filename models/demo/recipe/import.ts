import { KoinonError } from '@koinon/base'
import {
  bytesSource,
  dequantiseRow,
  readGgufHeader,
  type TensorType,
  type VocabularyToken,
  writeLlamaGguf,
} from '../inference.ts'
import { specialTokens, type Tokenizer } from './tokenizer.ts'

/** The tokenizer inside a model of ours. */
export async function readTokenizer(bytes: Uint8Array): Promise<Tokenizer> {
  const { metadata } = await readGgufHeader(bytesSource(bytes))
  const tokens = metadata.get('tokenizer.ggml.tokens')
  if (!Array.isArray(tokens)) throw new KoinonError({ code: 'model/bad-file', message: 'the file has no vocabulary' })
  return { tokens: tokens as string[], firstNormal: specialTokens.length + 256 }
}

const kinds: Readonly<Record<number, VocabularyToken['kind']>> = {
  1: 'normal',
  2: 'unknown',
  3: 'control',
  4: 'userDefined',
  5: 'unused',
  6: 'byte',
}

/**
 * The same model with other quantisation: every tensor is decoded to float32 and written anew. From Q8_0 this loses the
 * rounding of Q8_0 once more, which is far below the rounding of Q4_0.
 */
export async function requantise(bytes: Uint8Array, quantisation: TensorType): Promise<Uint8Array> {
  const { metadata, tensors } = await readGgufHeader(bytesSource(bytes))
  const read = <Kind>(key: string, isKind: (value: unknown) => value is Kind): Kind => {
    const value = metadata.get(key)
    if (!isKind(value)) throw new KoinonError({ code: 'model/bad-file', message: `the file lacks ${key}` })
    return value
  }
  const number = (key: string) => read(key, (value) => typeof value === 'number')
  const text = (key: string) => read(key, (value) => typeof value === 'string')
  const list = (key: string) => read(key, (value): value is readonly (string | number)[] => Array.isArray(value))
  const scores = list('tokenizer.ggml.scores')
  const types = list('tokenizer.ggml.token_type')
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]))
  return writeLlamaGguf({
    name: text('general.name'),
    shape: {
      vocabularySize: number('llama.vocab_size'),
      contextLength: number('llama.context_length'),
      embeddingLength: number('llama.embedding_length'),
      feedForwardLength: number('llama.feed_forward_length'),
      layers: number('llama.block_count'),
      headCount: number('llama.attention.head_count'),
      keyValueHeadCount: number('llama.attention.head_count_kv'),
      ropeBase: number('llama.rope.freq_base'),
      normEpsilon: number('llama.attention.layer_norm_rms_epsilon'),
    },
    tokenizer: {
      tokens: list('tokenizer.ggml.tokens').map((token, id) => ({
        text: String(token),
        score: Number(scores[id]),
        kind: kinds[Number(types[id])] ?? 'normal',
      })),
      unknownTokenId: number('tokenizer.ggml.unknown_token_id'),
      beginTokenId: number('tokenizer.ggml.bos_token_id'),
      endTokenId: number('tokenizer.ggml.eos_token_id'),
      addBeginToken: true,
    },
    chatTemplate: text('tokenizer.chat_template'),
    quantisation,
    tiedEmbedding: !byName.has('output.weight'),
    weight: ({ name }) => {
      const tensor = byName.get(name)
      if (!tensor || tensor.byteLength === undefined)
        throw new KoinonError({ code: 'model/bad-file', message: `the file lacks ${name}` })
      return dequantiseRow(
        tensor.type as TensorType,
        bytes.subarray(tensor.offset, tensor.offset + tensor.byteLength),
        tensor.values,
      )
    },
    extraMetadata: { 'general.license': { kind: 'string', value: 'apache-2.0' } },
  })
}
