import { createProgram } from '../program.ts'

export type Run = { readonly code: typeof process.exitCode; readonly stdout: string; readonly stderr: string }

/** `koinon --home HOME ...` in this process: what it printed and its exit code. One at a time. */
export async function runKoinon(home: string, ...args: readonly string[]): Promise<Run> {
  const written = { stdout: '', stderr: '' }
  const streams = ['stdout', 'stderr'] as const
  const writers = streams.map((name) => process[name].write)
  for (const name of streams) {
    process[name].write = (text: string | Uint8Array) => {
      written[name] += String(text)
      return true
    }
  }
  try {
    await createProgram().parseAsync(['--home', home, ...args], { from: 'user' })
    return { code: process.exitCode, ...written }
  } finally {
    for (const [index, name] of streams.entries()) process[name].write = writers[index] as typeof process.stdout.write
    process.exitCode = undefined
  }
}
