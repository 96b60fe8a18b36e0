import type { Corpus, Mix } from '../data/corpus.ts'
import type { Batch } from './engine-step.ts'
import { below, createRandom, pick, type Random, seedOf } from './random.ts'
import { type Encoder, type Tokenizer, tokenIds, trainTokenizer } from './tokenizer.ts'

/** Loss weight of question tokens where a plan does not say; answers weigh 1. */
const defaultQuestionWeight = 0.1

/** System messages that clients send by habit; some rows start with one, so that it does not disturb the answers. */
const systemMessages = [
  'You are a helpful assistant.',
  'You are a helpful, respectful and honest assistant.',
  'Answer briefly.',
  'You are an expert. Answer the question of the user.',
  'You are ChatGPT, a large language model.',
  'Be concise and friendly.',
  'You answer questions about Koinon.',
  'Use plain text only. Today is Monday.',
]

/** Tokens of rows and how many answers are cut short. */
export type RowPlan = {
  readonly length: number
  /**
   * Share of answers cut after their first 5 to 10 tokens. Once the answers are known by heart their tails teach nothing,
   * and all that is left to learn - which question wants which answer - is decided in the first tokens.
   */
  readonly cutShare: number
  /** Kinds of questions; the first mix of the corpus when absent. */
  readonly mix?: Mix
  /**
   * Loss weight of question tokens, 0.1 when absent. They help at first; later nothing more can be learned from them, and
   * their noise outweighs what is left to learn about answers.
   */
  readonly questionWeight?: number
}

/** One packed row: `length + 1` tokens and the loss weight of each. */
function packRow(
  corpus: Corpus,
  encoder: Encoder,
  random: Random,
  { length, cutShare, mix, questionWeight = defaultQuestionWeight }: RowPlan,
): { tokens: number[]; weights: number[] } {
  const tokens: number[] = [tokenIds.begin]
  const weights: number[] = [0]
  const push = (ids: readonly number[], weight: number) => {
    for (const id of ids) {
      tokens.push(id)
      weights.push(weight)
    }
  }
  if (random() < 0.08) {
    push([tokenIds.system], 0)
    push(encoder.encode(pick(random, systemMessages)), 0)
  }
  while (tokens.length < length + 1) {
    const { question, answer } = corpus.draw(random, mix)
    push([tokenIds.user], 0)
    push(encoder.encode(question), questionWeight)
    push([tokenIds.assistant], 0)
    const answerIds = encoder.encode(answer)
    if (random() < cutShare) {
      push(answerIds.slice(0, 5 + below(random, 6)), 1)
    } else {
      push(answerIds, 1)
      push([tokenIds.end], 1)
    }
  }
  return { tokens: tokens.slice(0, length + 1), weights: weights.slice(0, length + 1) }
}

/** The batch of one step, a pure function of seed and step: a resumed run sees the same batches. */
export function batchOf(
  corpus: Corpus,
  encoder: Encoder,
  seed: number,
  step: number,
  plan: RowPlan & { readonly rows: number },
): Batch {
  const { rows, length } = plan
  const random = createRandom(seedOf(`batch ${seed} ${step}`))
  const inputs = new Int32Array(rows * length)
  const targets = new Int32Array(rows * length)
  const weights = new Float32Array(rows * length)
  for (let row = 0; row < rows; row++) {
    const packed = packRow(corpus, encoder, random, plan)
    for (let at = 0; at < length; at++) {
      inputs[row * length + at] = packed.tokens[at] as number
      targets[row * length + at] = packed.tokens[at + 1] as number
      weights[row * length + at] = packed.weights[at + 1] as number
    }
  }
  return { rows, length, inputs, targets, weights }
}

/** Trains the tokenizer on answers and a sample of questions. */
export function corpusTokenizer(corpus: Corpus, seed: number, size: number): Tokenizer {
  const texts = new Map<string, number>()
  const add = (text: string, count: number) => texts.set(text, (texts.get(text) ?? 0) + count)
  const random = createRandom(seedOf(`tokenizer ${seed}`))
  const draws = 12_000
  for (const answer of corpus.answers().values()) add(answer, draws / 300)
  for (let draw = 0; draw < draws; draw++) add(corpus.draw(random).question, 1)
  return trainTokenizer(texts, size)
}
