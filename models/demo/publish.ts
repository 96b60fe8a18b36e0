// Takes a finished training run and its gate report into the repository: the Q8_0 file and manifest.json.
// Usage: node models/demo/publish.ts --training DIR --gates REPORT.json
// DIR is the output folder of train.ts, REPORT.json the output of evaluate.ts --training DIR for its Q8_0 file.
import { createHash } from 'node:crypto'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type GateReport, manifestOfRun, type TrainingReport } from './manifest.ts'

const { values } = parseArgs({ options: { training: { type: 'string' }, gates: { type: 'string' } } })
if (!values.training || !values.gates) {
  process.stderr.write('Usage: node models/demo/publish.ts --training DIR --gates REPORT.json\n')
  process.exit(2)
}
const source = join(resolve(values.training), 'koinon-demo-q8_0.gguf')
const training = JSON.parse(readFileSync(join(resolve(values.training), 'training.json'), 'utf8')) as TrainingReport
const gates = JSON.parse(readFileSync(resolve(values.gates), 'utf8')) as GateReport
const sha256 = createHash('sha256').update(readFileSync(source)).digest('hex')
const manifest = manifestOfRun(sha256, training, gates)
copyFileSync(source, join(import.meta.dirname, manifest.file))
writeFileSync(join(import.meta.dirname, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
process.stderr.write(`${manifest.file} ${sha256}, gates ${gates.ok ? 'passed' : 'FAILED'}\n`)
