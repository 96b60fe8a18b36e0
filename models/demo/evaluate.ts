// Counts the gates of a demo model on its Q8_0 file, through the serving engine. Prints one JSON object; exits 1 when a gate fails.
// Usage: node models/demo/evaluate.ts [--model FILE.gguf] [--training DIR] [--seen N] [--misses]
// With --training (a folder of train.ts) the export parity is counted too; it needs the F32 weights, which are not committed.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Corpus } from './data/corpus.ts'
import { parseGlossary } from './data/glossary.ts'
import { exportParity, paddedEquality, tokenizerDifferences } from './gates/engine-checks.ts'
import { seenQuestions } from './gates/question-sets.ts'
import { answerReport, unsureThreshold } from './gates/report.ts'
import { InferenceEngine } from './inference.ts'
import { releasePlan } from './plans.ts'
import { loadCheckpoint } from './recipe/checkpoint.ts'
import { readTokenizer } from './recipe/import.ts'
import { Encoder } from './recipe/tokenizer.ts'

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    training: { type: 'string' },
    seen: { type: 'string', default: '1000' },
    misses: { type: 'boolean', default: false },
  },
})
const modelPath = resolve(values.model ?? join(import.meta.dirname, 'koinon-demo-q8_0.gguf'))
const corpus = new Corpus(parseGlossary(readFileSync(join(import.meta.dirname, '../../GLOSSARY.md'), 'utf8')))
const bytes = readFileSync(modelPath)
const encoder = new Encoder(await readTokenizer(bytes))
const cpuAtStart = process.cpuUsage()

const engine = new InferenceEngine({ modelPath, threads: 1, maxParallelSequences: 4, maxQueuedRequests: 64 })
await engine.start()
const answers = await answerReport(engine, corpus, Number(values.seen))
const padded = await paddedEquality(
  engine,
  seenQuestions(corpus, 20).map(({ question }) => question),
)
await engine.stop()
const tokenizer = await tokenizerDifferences(modelPath, encoder, corpus, 1500)

const checkpoint = values.training ? loadCheckpoint(join(values.training, 'checkpoint.bin')) : undefined
const parity =
  values.training && checkpoint
    ? await exportParity(
        join(values.training, 'koinon-demo-f32.gguf'),
        releasePlan.shape,
        checkpoint.tensors,
        encoder,
        corpus,
        12,
      )
    : undefined

const { user, system } = process.cpuUsage(cpuAtStart)
const pass = {
  ...Object.fromEntries(Object.entries(answers.gates).map(([name, gate]) => [name, gate.pass])),
  padded: padded.equal === padded.positions && padded.positions > 100,
  tokenizer: tokenizer.differences.length === 0,
  ...(parity ? { parity: parity.largestDifference < 1e-3 } : {}),
}
const ok = Object.values(pass).every(Boolean)
const report = {
  ok,
  model: { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length },
  gates: answers.gates,
  unsure: { threshold: unsureThreshold, rows: answers.unsure },
  padded,
  tokenizer: { strings: tokenizer.strings, differences: tokenizer.differences.length },
  parity: parity ?? 'not counted: needs --training',
  pass,
  cpuSeconds: Math.round((user + system) / 1e5) / 10,
  ...(values.misses ? { misses: answers.misses } : {}),
  samples: answers.samples,
}
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
process.exit(ok ? 0 : 1)
