// Trains the demo model and writes it as GGUF Q8_0. Usage: node models/demo/train.ts [--ci] [--seed N] [--out DIR]
// Killed at any time, it continues from the last checkpoint in DIR when started again with the same arguments.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Corpus } from './data/corpus.ts'
import { parseGlossary } from './data/glossary.ts'
import { ciPlan, releasePlan } from './plans.ts'
import { exportGguf } from './recipe/export.ts'
import { trainerVersion, trainModel } from './recipe/run.ts'

const { values } = parseArgs({
  options: { ci: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' }, out: { type: 'string' } },
})
const plan = { ...(values.ci ? ciPlan : releasePlan), seed: Number(values.seed) }
const out = resolve(values.out ?? join(import.meta.dirname, 'build', values.ci ? 'ci' : 'release'))
mkdirSync(out, { recursive: true })
const glossary = parseGlossary(readFileSync(join(import.meta.dirname, '../../GLOSSARY.md'), 'utf8'))

let shown = 0
let smooth = Number.NaN
const result = await trainModel(plan, new Corpus(glossary), join(out, 'checkpoint.bin'), (progress) => {
  smooth = Number.isNaN(smooth) ? progress.loss : smooth * 0.95 + progress.loss * 0.05
  const now = Date.now()
  if (now - shown < 5_000 && progress.step !== progress.steps) return
  shown = now
  const perSecond = progress.tokens / progress.cpuSeconds
  const left = ((progress.steps - progress.step) * progress.cpuSeconds) / progress.step
  process.stderr.write(
    `step ${progress.step}/${progress.steps}  loss ${smooth.toFixed(3)}  norm ${progress.gradientNorm.toFixed(2)}  ` +
      `${perSecond.toFixed(0)} tokens/CPU-s  about ${left.toFixed(0)} CPU-s left\n`,
  )
})
const file = exportGguf(plan.shape, result.tensors, result.tokenizer, 'Q8_0')
writeFileSync(join(out, 'koinon-demo-q8_0.gguf'), file)
writeFileSync(join(out, 'koinon-demo-f32.gguf'), exportGguf(plan.shape, result.tensors, result.tokenizer, 'F32'))
const { tensors: _tensors, tokenizer: _tokenizer, ...figures } = result
const sha256 = createHash('sha256').update(file).digest('hex')
const report = { sha256, bytes: file.length, seed: plan.seed, trainerVersion, plan, ...figures }
writeFileSync(join(out, 'training.json'), `${JSON.stringify(report, null, 2)}\n`)
process.stdout.write(`${JSON.stringify(report)}\n`)
