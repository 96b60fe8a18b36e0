import { getLlama, type LlamaContext, LlamaLogLevel, type LlamaModel, type Token } from 'node-llama-cpp'
import { afterAll, describe, expect, it } from 'vitest'
import { shareEvenly } from './even-batching.ts'
import { type EvaluatedRow, EvenSequence } from './sequence.ts'
import { randomModelFile } from './test-model.ts'

const never = new AbortController().signal
const vocabularySize = 512
const disposals: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const dispose of disposals.reverse()) await dispose()
})

async function setup(quantisation: 'Q8_0' | 'Q4_0', sequences: number, sliceTokens = 32) {
  const modelPath = await randomModelFile({ seed: 5, quantisation, embeddingLength: 256, headCount: 2, gain: 1.3 })
  const llama = await getLlama({ build: 'never', gpu: false, maxThreads: 1, logLevel: LlamaLogLevel.error })
  disposals.push(() => llama.dispose())
  const model = await llama.loadModel({ modelPath })
  const context = await model.createContext({
    sequences,
    contextSize: 642,
    batchSize: 64,
    flashAttention: false,
    threads: 1,
    batching: { itemPrioritizationStrategy: shareEvenly },
  })
  const open = () => new EvenSequence(context.getSequence(), { sliceTokens, vocabularySize, paddingToken: 1 })
  return { model, context, open }
}

/** The bits of all logits, by token id. */
function fingerprint(row: EvaluatedRow): string {
  const byToken = new Float32Array(vocabularySize)
  expect(row.logits.length).toBe(vocabularySize)
  for (let i = 0; i < vocabularySize; i++) byToken[row.tokenIds[i] as number] = row.logits[i] as number
  return Buffer.from(byToken.buffer).toString('base64')
}

const tokens = (seed: number, count: number) =>
  Array.from({ length: count }, (_, i) => 6 + ((seed * 7919 + i * i * 31 + i) % 500))

/** Reads a prompt, then goes on token by token, as generation does. */
async function stepwise(sequence: EvenSequence, prompt: readonly number[], rest: readonly number[]) {
  const prints: string[] = []
  const first = await sequence.append(prompt, prompt.length - 1, vocabularySize, never)
  prints.push(...first.map(fingerprint))
  for (const token of rest) prints.push(...(await sequence.append([token], 0, vocabularySize, never)).map(fingerprint))
  return prints
}

async function inOneGo(sequence: EvenSequence, prompt: readonly number[], rest: readonly number[]) {
  const rows = await sequence.append([...prompt, ...rest], prompt.length - 1, vocabularySize, never)
  return rows.map(fingerprint)
}

describe('EvenSequence', () => {
  it.each(['Q8_0', 'Q4_0'] as const)(
    'gives %s logits the same bits step by step among neighbours as in one go alone',
    async (quantisation) => {
      const { open } = await setup(quantisation, 6)
      const jobs = Array.from({ length: 6 }, (_, i) => ({
        sequence: open(),
        prompt: tokens(i, 1 + ((i * 173) % 500)),
        rest: tokens(i + 100, 21 + i),
      }))
      const stepped = await Promise.all(jobs.map(({ sequence, prompt, rest }) => stepwise(sequence, prompt, rest)))
      for (const sliceTokens of [32, 14]) {
        const alone = await setup(quantisation, 1, sliceTokens)
        const sequence = alone.open()
        for (const [index, { prompt, rest }] of jobs.entries()) {
          await sequence.clear()
          expect(await inOneGo(sequence, prompt, rest)).toEqual(stepped[index])
        }
      }
    },
  )

  it('needs the padding: single-token steps give other bits', async () => {
    const { open, context } = await setup('Q8_0', 2)
    const prompt = tokens(1, 500)
    const rest = tokens(2, 40)
    const padded = await inOneGo(open(), prompt, rest)
    const bare = await bareSteps(context, prompt, rest)
    const differing = bare.filter((print, index) => print !== padded[index + 1]).length
    expect(differing).toBeGreaterThan(0)
  })

  it('leaves no padding behind, and forgets everything when cleared', async () => {
    const { open } = await setup('Q8_0', 1)
    const sequence = open()
    await sequence.append(tokens(1, 7), 6, 8, never)
    expect(sequence.length).toBe(7)
    await sequence.clear()
    expect(sequence.length).toBe(0)
  })

  it('gives the largest logits when few are wanted, and all of them on a second look', async () => {
    const { open } = await setup('Q8_0', 1)
    const sequence = open()
    const prompt = tokens(3, 10)
    const [short] = await sequence.append(prompt, 9, 5, never)
    const complete = await sequence.lastRowComplete(prompt[9] as number, never)
    expect(sequence.length).toBe(10)
    expect([short?.complete, short?.logits.length, complete.complete]).toEqual([false, 5, true])
    const sorted = Array.from(complete.logits).sort((a, b) => b - a)
    expect(Array.from(short?.logits ?? [])).toEqual(sorted.slice(0, 5))
    expect(complete.weightSum).toBe(short?.weightSum)
  })

  it('stops between slices when aborted', async () => {
    const { open } = await setup('Q8_0', 1)
    await expect(open().append(tokens(1, 9), 8, 8, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
  })
})

/** What the engine does by itself: one token at a time, without padding. */
async function bareSteps(context: LlamaContext, prompt: readonly number[], rest: readonly number[]) {
  const loose = await (context.model as LlamaModel).createContext({
    contextSize: 258,
    flashAttention: false,
    threads: 1,
  })
  disposals.push(() => loose.dispose())
  const sequence = loose.getSequence()
  await sequence.controlledEvaluate(prompt as Token[])
  const prints: string[] = []
  for (const token of rest) {
    const [result] = await sequence.controlledEvaluate([[token as Token, { generateNext: { logits: true } }]])
    const logits = result?.next.logits ?? new Map<Token, number>()
    const row = { tokenIds: [...logits.keys()], logits: [...logits.values()], complete: true, weightSum: 1 }
    prints.push(fingerprint(row))
  }
  return prints
}
