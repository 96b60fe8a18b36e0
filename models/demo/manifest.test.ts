import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Corpus } from './data/corpus.ts'
import { parseGlossary } from './data/glossary.ts'
import { unknownAnswer } from './data/unknown.ts'
import { ask } from './gates/answers.ts'
import { InferenceEngine } from './inference.ts'
import { type GateReport, manifestOfRun, type TrainingReport } from './manifest.ts'
import { releasePlan } from './plans.ts'
import { readTokenizer, requantise } from './recipe/import.ts'
import { trainerVersion } from './recipe/run.ts'
import { parameterCount } from './recipe/shape.ts'

const folder = import.meta.dirname
const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as ReturnType<typeof manifestOfRun>
const modelPath = join(folder, manifest.file)
const bytes = readFileSync(modelPath)

describe('the committed model', () => {
  let engine: InferenceEngine
  beforeAll(async () => {
    engine = new InferenceEngine({ modelPath, threads: 1 })
    await engine.start()
  }, 120_000)
  afterAll(() => engine.stop())

  test('is the file that its manifest describes', () => {
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(manifest.sha256)
    expect(bytes.length).toBe(manifest.bytes)
    expect(manifest.parameters).toBe(parameterCount(releasePlan.shape))
    expect(manifest.trainerVersion).toBe(trainerVersion)
    expect(manifest.training.plan).toEqual(releasePlan)
    expect(engine.manifest).toMatchObject({ architecture: 'llama', quantisation: 'Q8_0', bitExact: true })
  })

  test('passes every gate', () => {
    const gates = Object.values(manifest.gates)
    for (const gate of gates) expect(gate.pass).toBe(gate.share >= gate.minimum)
    expect(manifest.gatesPassed).toBe(true)
    expect(gates.every((gate) => gate.pass)).toBe(true)
    expect(manifest.checks.tokenizer.differences).toBe(0)
    expect(manifest.checks.padded.equal).toBe(manifest.checks.padded.positions)
  })

  test('answers what every newcomer asks, from the glossary of today', async () => {
    const glossary = parseGlossary(readFileSync(join(folder, '../../GLOSSARY.md'), 'utf8'))
    const answers = new Corpus(glossary).answers()
    const asked: Record<string, string> = {
      'What is a subnet?': 'term:subnet',
      'What is a receipt?': 'term:receipt',
      'How do I earn with my GPU?': 'howto:earn',
      'Is my prompt private?': 'howto:privacy',
    }
    for (const [question, id] of Object.entries(asked)) {
      expect((await ask(engine, question)).text).toBe(answers.get(id))
    }
    expect((await ask(engine, 'What is the capital of France?')).text).toBe(unknownAnswer)
  }, 120_000)

  test('can be had as Q4_0 with the same tokenizer, for those who show how a cheat is caught', async () => {
    const q4 = await requantise(bytes, 'Q4_0')
    expect(q4.length).toBeLessThan(bytes.length * 0.6)
    expect(await readTokenizer(q4)).toEqual(await readTokenizer(bytes))
  })
})

describe('manifestOfRun', () => {
  test('refuses reports of another file', () => {
    const training = { sha256: 'a', bytes: 1, plan: releasePlan } as TrainingReport
    const gates = {
      ok: true,
      model: { sha256: 'b', bytes: 1 },
      unsure: { threshold: 0.5, rows: [] },
    } as unknown as GateReport
    expect(() => manifestOfRun('a', training, gates)).toThrow('speaks of b')
    expect(() => manifestOfRun('b', training, gates)).toThrow('speaks of a')
  })
})
