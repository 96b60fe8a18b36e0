// Writes the demo model with another quantisation, e.g. to show that a cheater who serves Q4_0 as Q8_0 is caught.
// Usage: node models/demo/quantise.ts --type q4_0|q8_0|f16|f32 --out FILE [--model FILE.gguf]
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { TensorType } from './inference.ts'
import { requantise } from './recipe/import.ts'

const types: Readonly<Record<string, TensorType>> = { q4_0: 'Q4_0', q8_0: 'Q8_0', f16: 'F16', f32: 'F32' }
const { values } = parseArgs({
  options: { type: { type: 'string' }, out: { type: 'string' }, model: { type: 'string' } },
})
const type = types[(values.type ?? '').toLowerCase()]
if (!type || !values.out) {
  process.stderr.write('Usage: node models/demo/quantise.ts --type q4_0|q8_0|f16|f32 --out FILE [--model FILE.gguf]\n')
  process.exit(2)
}
const source = resolve(values.model ?? join(import.meta.dirname, 'koinon-demo-q8_0.gguf'))
writeFileSync(resolve(values.out), await requantise(readFileSync(source), type))
