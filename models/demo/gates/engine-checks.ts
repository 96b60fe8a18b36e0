import type { Corpus } from '../data/corpus.ts'
import { type InferenceEngine, samplerSettings } from '../inference.ts'
import { referenceLogits, type Tensors } from '../recipe/engine-step.ts'
import { below, createRandom, pick, type Random, seedOf } from '../recipe/random.ts'
import type { ModelShape } from '../recipe/shape.ts'
import { type Encoder, tokenIds } from '../recipe/tokenizer.ts'

/** Engine with float32 key-value cache: the default half-precision cache hides export errors below 1e-2. */
async function withReferenceEngine<Result>(
  modelPath: string,
  use: (model: import('node-llama-cpp').LlamaModel) => Promise<Result>,
): Promise<Result> {
  const { getLlama, LlamaLogLevel } = await import('node-llama-cpp')
  const llama = await getLlama({
    build: 'never',
    gpu: false,
    skipDownload: true,
    progressLogs: false,
    maxThreads: 1,
    logLevel: LlamaLogLevel.error,
  })
  try {
    return await use(await llama.loadModel({ modelPath, gpuLayers: 0 }))
  } finally {
    await llama.dispose()
  }
}

/** Difference between the logits of the trainer and those of the engine on the F32 export. */
export type Parity = { readonly positions: number; readonly largestDifference: number; readonly sameTop: number }

/** Compares full logits at every position of `conversations` training samples. */
export async function exportParity(
  f32Path: string,
  shape: ModelShape,
  tensors: Tensors,
  encoder: Encoder,
  corpus: Corpus,
  conversations: number,
): Promise<Parity> {
  const random = createRandom(seedOf('gate parity'))
  return withReferenceEngine(f32Path, async (model) => {
    const context = await model.createContext({
      contextSize: 256,
      batchSize: 256,
      flashAttention: false,
      threads: 1,
      experimentalKvCacheKeyType: 'F32',
      experimentalKvCacheValueType: 'F32',
    })
    const sequence = context.getSequence()
    let positions = 0
    let largestDifference = 0
    let sameTop = 0
    for (let conversation = 0; conversation < conversations; conversation++) {
      const { question, answer } = corpus.draw(random)
      const tokens = [
        tokenIds.begin,
        tokenIds.user,
        ...encoder.encode(question),
        tokenIds.assistant,
        ...encoder.encode(answer),
        tokenIds.end,
      ]
      const expected = await referenceLogits(shape, tensors, tokens)
      await sequence.clearHistory()
      const rows = await sequence.controlledEvaluate(
        tokens.map((token) => [token as import('node-llama-cpp').Token, { generateNext: { logits: true } }]),
      )
      tokens.forEach((_, position) => {
        const logits = rows[position]?.next.logits
        if (!logits) throw new Error(`the engine gave no logits at position ${position}`)
        const row = expected.subarray(position * shape.vocabularySize, (position + 1) * shape.vocabularySize)
        let top = 0
        for (const [token, logit] of logits) {
          largestDifference = Math.max(largestDifference, Math.abs(logit - (row[token] as number)))
          if ((row[token] as number) > (row[top] as number)) top = token
        }
        if (logits.keys().next().value === top) sameTop++
        positions++
      })
    }
    return { positions, largestDifference, sameTop }
  })
}

const oddities = [
  '\n',
  '\t',
  '  ',
  '   ',
  ' \n ',
  'é',
  'ß',
  '日本',
  '😀',
  '\u2581',
  '<s>',
  '<|user|>',
  '</s>',
  '<0x41>',
  '\u0000',
  'naïve',
  '\u200b',
  '"',
  '\\',
  'İ',
  '١٢٣',
  '한국',
  '\r\n',
]

/** A hostile text: pieces of questions mixed with other scripts, control signs, role markers and runs of spaces. */
function hostileText(random: Random, question: string): string {
  let text = question
  for (let slip = 0; slip < 1 + below(random, 4); slip++) {
    const at = below(random, text.length + 1)
    text = text.slice(0, at) + pick(random, oddities) + text.slice(at)
  }
  return text
}

/** Strings whose token ids differ between our encoder and the engine. */
export async function tokenizerDifferences(
  modelPath: string,
  encoder: Encoder,
  corpus: Corpus,
  count: number,
): Promise<{ strings: number; differences: string[] }> {
  const random = createRandom(seedOf('gate tokenizer'))
  return withReferenceEngine(modelPath, async (model) => {
    const differences: string[] = []
    for (let index = 0; index < count; index++) {
      const sample = corpus.draw(random)
      const text = [sample.question, sample.answer, hostileText(random, sample.question)][index % 3] as string
      const ours = encoder.encode(text).join(' ')
      if (ours !== model.tokenize(text, false).join(' ')) differences.push(text)
    }
    return { strings: count, differences }
  })
}

/** Positions of padded decoding and how many have, over the whole vocabulary, the very numbers of a fresh pass. */
export type PaddedEquality = { readonly positions: number; readonly equal: number; readonly answers: number }

/**
 * Generates answers three at a time, then reads each prompt with each beginning of its answer in one fresh pass, and compares
 * the log probability of every token of the vocabulary bit by bit.
 */
export async function paddedEquality(engine: InferenceEngine, questions: readonly string[]): Promise<PaddedEquality> {
  let positions = 0
  let equal = 0
  const one = async (question: string) => {
    const chat = { kind: 'chat' as const, messages: [{ role: 'user' as const, content: question }] }
    const written = await generateWithAll(engine, chat, 64)
    const { promptTokenIds, outputTokenIds, rows } = written
    for (const [position, row] of rows.entries()) {
      const tokenIds = [...promptTokenIds, ...outputTokenIds.slice(0, position)]
      const [fresh] = (await generateWithAll(engine, { kind: 'tokens', tokenIds }, 1)).rows
      positions++
      if (fresh?.size === row.size && [...row].every(([token, logprob]) => fresh.get(token) === logprob)) equal++
    }
  }
  for (let from = 0; from < questions.length; from += 3) await Promise.all(questions.slice(from, from + 3).map(one))
  return { positions, equal, answers: questions.length }
}

type AnyInput = Parameters<InferenceEngine['generate']>[0]['input']

async function generateWithAll(engine: InferenceEngine, input: AnyInput, maxTokens: number) {
  const sampler = samplerSettings({ temperature: 0, seed: 1n })
  const rows: Map<number, number>[] = []
  let promptTokenIds: readonly number[] = []
  let outputTokenIds: readonly number[] = []
  const topLogprobs = engine.manifest.vocabularySize
  for await (const event of engine.generate({ input, sampler, stop: [], maxTokens, topLogprobs })) {
    if (event.kind === 'token') rows.push(new Map(event.topLogprobs?.map(({ tokenId, logprob }) => [tokenId, logprob])))
    else ({ promptTokenIds, outputTokenIds } = event)
  }
  return { rows, promptTokenIds, outputTokenIds }
}
