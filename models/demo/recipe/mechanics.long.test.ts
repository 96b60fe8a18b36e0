import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Corpus } from '../data/corpus.ts'
import { parseGlossary } from '../data/glossary.ts'
import { ask } from '../gates/answers.ts'
import { exportParity, paddedEquality, tokenizerDifferences } from '../gates/engine-checks.ts'
import { seenQuestions } from '../gates/question-sets.ts'
import { InferenceEngine } from '../inference.ts'
import { ciPlan } from '../plans.ts'
import { batchOf } from './batches.ts'
import { loadCheckpoint, saveCheckpoint } from './checkpoint.ts'
import { initialTensors, referenceLogits, StepEngine } from './engine-step.ts'
import { exportGguf } from './export.ts'
import { readTokenizer, requantise } from './import.ts'
import { type Cycle, prefixIdentity, type RunPlan, rateFactor, type TrainingResult, trainModel } from './run.ts'
import { Encoder } from './tokenizer.ts'

const glossary = parseGlossary(readFileSync(join(import.meta.dirname, '../../../GLOSSARY.md'), 'utf8'))
const corpus = new Corpus(glossary)
const folder = mkdtempSync(join(tmpdir(), 'mechanics-'))
const q8Path = join(folder, 'ci.Q8_0.gguf')
const f32Path = join(folder, 'ci.F32.gguf')
let result: TrainingResult

beforeAll(async () => {
  result = await trainModel(ciPlan, corpus, join(folder, 'checkpoint.bin'), () => undefined)
  writeFileSync(q8Path, exportGguf(ciPlan.shape, result.tensors, result.tokenizer, 'Q8_0'))
  writeFileSync(f32Path, exportGguf(ciPlan.shape, result.tensors, result.tokenizer, 'F32'))
}, 240_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('training', () => {
  test('lowers the loss', () => {
    expect(result.finalLoss).toBeLessThan(result.firstLoss - 0.8)
    expect(result.steps).toBe(60)
    expect(result.tokens).toBe(60 * 8 * 64)
  })

  test('continues after a kill with the very same weights as a run that was not killed', async () => {
    const plan = smallPlan(12, 4, 32)
    const whole = await trainModel(plan, corpus, join(folder, 'whole.bin'), () => undefined, {
      tokenizer: result.tokenizer,
    })
    const killed = trainModel(
      plan,
      corpus,
      join(folder, 'killed.bin'),
      ({ step }) => {
        if (step === 8) throw new Error('killed')
      },
      { tokenizer: result.tokenizer, saveEverySteps: 5 },
    )
    await expect(killed).rejects.toThrow('killed')
    expect(loadCheckpoint(join(folder, 'killed.bin'))?.step).toBe(5)
    const steps: number[] = []
    const onProgress = ({ step }: { step: number }) => steps.push(step)
    const resumed = await trainModel(plan, corpus, join(folder, 'killed.bin'), onProgress, {
      tokenizer: result.tokenizer,
    })
    expect(steps).toEqual([6, 7, 8, 9, 10, 11, 12])
    expect(resumed.tensors).toEqual(whole.tensors)
  }, 240_000)

  test('does not continue from the checkpoint of another run', async () => {
    const plan = smallPlan(2, 2, 16)
    const path = join(folder, 'other.bin')
    const { tokenizer } = result
    await trainModel(plan, corpus, path, () => undefined, { tokenizer })
    const steps: number[] = []
    await trainModel({ ...plan, adamRate: 0.003 }, corpus, path, ({ step }) => steps.push(step), { tokenizer })
    expect(steps).toEqual([1, 2])
  }, 240_000)

  test('steps on one batch lower its loss every time', async () => {
    const encoder = new Encoder(result.tokenizer)
    const batch = batchOf(corpus, encoder, 5, 1, { rows: 2, length: 32, cutShare: 0 })
    const engine = await StepEngine.create(ciPlan.shape, initialTensors(ciPlan.shape, 5))
    const losses: number[] = []
    for (let step = 1; step <= 6; step++)
      losses.push((await engine.step(batch, step, { matrix: 0.005, adam: 0.001 })).loss)
    for (let at = 1; at < losses.length; at++) expect(losses[at]).toBeLessThan(losses[at - 1] as number)
  }, 240_000)

  test('the rate warms up, stays, falls to its last share, and starts again lower in the next cycle', () => {
    const [cycle] = smallPlan(100, 1, 8).cycles
    const first = { ...(cycle as Cycle), warmUpSteps: 10, decaySteps: 20 }
    const plan: RunPlan = { ...ciPlan, cycles: [first, { ...first, peak: 0.5 }], finalRate: 0.1 }
    expect([1, 5, 10, 50, 80].map((step) => rateFactor(plan, step))).toEqual([0.1, 0.5, 1, 1, 1])
    expect(rateFactor(plan, 90)).toBeCloseTo(0.55)
    expect(rateFactor(plan, 100)).toBeCloseTo(0.1)
    expect(rateFactor(plan, 150)).toBe(0.5)
    expect(rateFactor(plan, 200)).toBeCloseTo(0.05)
    expect(() => rateFactor(plan, 201)).toThrow(RangeError)
  })

  test('a run may be lengthened from a checkpoint of its constant phase, or by another cycle', () => {
    const short = smallPlan(100, 1, 8, 20)
    const long = smallPlan(300, 1, 8, 20)
    const twice: RunPlan = { ...short, cycles: [...short.cycles, ...long.cycles] }
    expect(prefixIdentity(long, 'data', 80)).toBe(prefixIdentity(short, 'data', 80))
    expect(prefixIdentity(long, 'data', 81)).not.toBe(prefixIdentity(short, 'data', 81))
    expect(prefixIdentity(twice, 'data', 100)).toBe(prefixIdentity(short, 'data', 100))
    expect(prefixIdentity(short, 'other data', 80)).not.toBe(prefixIdentity(short, 'data', 80))
  })

  test('padding a batch with other text does not change earlier positions', async () => {
    const tokens = new Encoder(result.tokenizer).encode('What is a subnet?')
    const short = await referenceLogits(ciPlan.shape, result.tensors, tokens)
    const long = await referenceLogits(ciPlan.shape, result.tensors, [...tokens, 7, 8, 9])
    for (let at = 0; at < short.length; at++)
      expect(Math.abs((short[at] as number) - (long[at] as number))).toBeLessThan(1e-4)
  })
})

describe('export', () => {
  test('the engine computes what the trainer computes', async () => {
    const encoder = new Encoder(result.tokenizer)
    const parity = await exportParity(f32Path, ciPlan.shape, result.tensors, encoder, corpus, 3)
    expect(parity.positions).toBeGreaterThan(60)
    expect(parity.largestDifference).toBeLessThan(1e-3)
    expect(parity.sameTop).toBe(parity.positions)
  }, 240_000)

  test('the engine cuts text into the tokens of the trainer', async () => {
    const encoder = new Encoder(await readTokenizer(readFileSync(q8Path)))
    const { strings, differences } = await tokenizerDifferences(q8Path, encoder, corpus, 300)
    expect(strings).toBe(300)
    expect(differences).toEqual([])
  }, 240_000)

  test('answers are deterministic and padded decoding equals one pass', async () => {
    const engine = new InferenceEngine({ modelPath: q8Path, threads: 1 })
    await engine.start()
    try {
      const first = await ask(engine, 'What is a subnet?')
      expect(await ask(engine, 'What is a subnet?')).toEqual(first)
      const padded = await paddedEquality(
        engine,
        seenQuestions(corpus, 3).map(({ question }) => question),
      )
      expect(padded.positions).toBeGreaterThan(10)
      expect(padded.equal).toBe(padded.positions)
    } finally {
      await engine.stop()
    }
  }, 240_000)

  test('the same tensors give the same bytes, and requantising keeps what the format keeps', async () => {
    const bytes = readFileSync(q8Path)
    expect(Buffer.from(exportGguf(ciPlan.shape, result.tensors, result.tokenizer, 'Q8_0')).equals(bytes)).toBe(true)
    const again = await requantise(bytes, 'Q8_0')
    expect(again.length).toBe(bytes.length)
    const q4 = await requantise(bytes, 'Q4_0')
    expect(q4.length).toBeLessThan(bytes.length * 0.75)
    expect(await readTokenizer(q4)).toEqual(await readTokenizer(bytes))
  })

  test('a checkpoint without a parameter is refused', () => {
    const tensors = new Map(result.tensors)
    tensors.delete('1.gate')
    expect(() => exportGguf(ciPlan.shape, tensors, result.tokenizer, 'Q8_0')).toThrow('1.gate')
  })

  test('a saved state exports to the same file', () => {
    const checkpoint = loadCheckpoint(join(folder, 'checkpoint.bin'))
    expect(checkpoint?.step).toBe(60)
    saveCheckpoint(join(folder, 'copy.bin'), checkpoint as NonNullable<typeof checkpoint>)
    const copy = loadCheckpoint(join(folder, 'copy.bin'))
    const bytes = exportGguf(ciPlan.shape, copy?.tensors ?? new Map(), result.tokenizer, 'Q8_0')
    expect(Buffer.from(bytes).equals(readFileSync(q8Path))).toBe(true)
  })
})

function smallPlan(steps: number, rows: number, length: number, decaySteps = 1): RunPlan {
  const phases = [{ steps, rows, length, cutShare: 0.3 }]
  return { ...ciPlan, cycles: [{ phases, peak: 1, warmUpSteps: 30, decaySteps }] }
}
