import { type LlamaShape, type LlamaTokenizer, type VocabularyToken, writeLlamaGguf } from './llama.ts'
import type { TensorType } from './types.ts'

/** Options of a random-weight model; everything but the seed has a default that gives about 0.1 M parameters. */
export type RandomModelOptions = {
  /** Unsigned 32-bit integer; the same options always give the same bytes on any machine. */
  readonly seed: number
  readonly quantisation?: TensorType
  readonly vocabularySize?: number
  readonly contextLength?: number
  readonly embeddingLength?: number
  readonly feedForwardLength?: number
  readonly layers?: number
  readonly headCount?: number
  readonly keyValueHeadCount?: number
  /** Spread of the weights; larger gives lower entropy. 1 keeps activations near unit size. */
  readonly gain?: number
}

/** Token ids of the random tokenizer. */
export const randomModelTokens = { unknown: 0, begin: 1, end: 2, user: 3, assistant: 4, system: 5 } as const

const specials = ['<unk>', '<s>', '</s>', '<|user|>', '<|assistant|>', '<|system|>']

/** Chat template of the random model; role markers touch the text, with no space between. */
export const randomModelChatTemplate = [
  '{{ bos_token }}{% for message in messages %}',
  "{% if message['role'] == 'assistant' %}<|assistant|>{{ message['content'] }}{{ eos_token }}",
  "{% elif message['role'] == 'system' %}<|system|>{{ message['content'] }}",
  "{% else %}<|user|>{{ message['content'] }}{% endif %}",
  '{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}',
].join('')

/**
 * Makes a tiny llama-architecture GGUF with random weights: real files for tests and benches, made in milliseconds, with
 * no download. Only integer arithmetic and exact float operations are used, so the bytes are the same everywhere.
 */
export function createRandomModel(options: RandomModelOptions): Uint8Array {
  const embeddingLength = options.embeddingLength ?? 64
  const headCount = options.headCount ?? 2
  const shape: LlamaShape = {
    vocabularySize: options.vocabularySize ?? 512,
    contextLength: options.contextLength ?? 1024,
    embeddingLength,
    feedForwardLength: options.feedForwardLength ?? embeddingLength * 2,
    layers: options.layers ?? 2,
    headCount,
    keyValueHeadCount: options.keyValueHeadCount ?? headCount,
    ropeBase: 10_000,
    normEpsilon: 1e-5,
  }
  const gain = options.gain ?? 1
  const random = splitMix(options.seed)
  return writeLlamaGguf({
    name: `random ${options.seed}`,
    shape,
    tokenizer: randomTokenizer(shape.vocabularySize),
    chatTemplate: randomModelChatTemplate,
    quantisation: options.quantisation ?? 'Q8_0',
    tiedEmbedding: true,
    weight: (tensor) => {
      const values = new Float32Array(tensor.columns * tensor.rows)
      if (tensor.isVector) return values.fill(1)
      const scale = (gain * 2) / Math.sqrt(tensor.columns)
      for (let i = 0; i < values.length; i++) values[i] = bell(random) * scale
      return values
    },
  })
}

/** Specials, 256 bytes, 95 printable characters, then lower-case pairs and triples as merges. */
export function randomTokenizer(vocabularySize: number): LlamaTokenizer {
  const tokens: VocabularyToken[] = specials.map((text, id) => ({
    text,
    score: 0,
    kind: id === randomModelTokens.unknown ? 'unknown' : 'control',
  }))
  for (let byte = 0; byte < 256; byte++) {
    const text = `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`
    tokens.push({ text, score: 0, kind: 'byte' })
  }
  for (let code = 32; code < 127; code++) {
    const text = code === 32 ? '\u2581' : String.fromCharCode(code)
    tokens.push({ text, score: -10_000 - code, kind: 'normal' })
  }
  const first = 'etaoinshrdlu\u2581cmfwypvbgkjxqz'
  for (let rank = 0; tokens.length < vocabularySize; rank++) {
    const left = first[rank % 27] as string
    const right = first[Math.floor(rank / 27) % 27] as string
    const last = rank < 729 ? '' : (first[Math.floor(rank / 729) % 27] as string)
    tokens.push({ text: left + right + last, score: -1 - rank, kind: 'normal' })
  }
  return {
    tokens: tokens.slice(0, vocabularySize),
    unknownTokenId: randomModelTokens.unknown,
    beginTokenId: randomModelTokens.begin,
    endTokenId: randomModelTokens.end,
    addBeginToken: true,
  }
}

/** Sum of four uniform values in [-0.5, 0.5): bell-shaped, variance 1/3, exact in double arithmetic. */
function bell(random: () => number): number {
  return random() + random() + random() + random() - 2
}

/** SplitMix32: uniform values in [0, 1) with 32 bits, integer arithmetic only. */
function splitMix(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return ((z ^ (z >>> 15)) >>> 0) / 4_294_967_296
  }
}
