/** Programs of this folder as processes that a test can kill. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'

export type Child = { readonly lines: readonly string[]; kill(signal: NodeJS.Signals): Promise<void> }

/** Starts a program of this folder with `config` as its argument; `lines` is what it has printed so far. */
export function startChild(program: string, config: object): Child {
  const file = join(import.meta.dirname, program)
  const flags = ['--disable-warning=ExperimentalWarning']
  const child = spawn(process.execPath, [...flags, file, JSON.stringify(config)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  child.stdout.on('data', (chunk: Buffer) => lines.push(...chunk.toString().split('\n').filter(Boolean)))
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    lines,
    async kill(signal) {
      child.kill(signal)
      await exited
    },
  }
}
