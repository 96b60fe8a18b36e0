import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRandomModel } from '@koinon/inference/gguf'
import { repository } from './cli.ts'

const demoModel = join(repository, 'models/demo/koinon-demo-q8_0.gguf')

/** What to add to `koinon up`: nothing when the demo model is there, else a random one of the same architecture. */
export function modelArguments(folder: string): readonly string[] {
  return existsSync(demoModel) ? [] : ['--model', modelPath(folder)]
}

/** A model file that miners serve and verifiers replay. */
export function modelPath(folder: string): string {
  if (existsSync(demoModel)) return demoModel
  const path = join(folder, 'random.gguf')
  if (!existsSync(path)) writeFileSync(path, createRandomModel({ seed: 1 }))
  return path
}
