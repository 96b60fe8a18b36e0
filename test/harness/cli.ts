import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'

export const repository = resolve(import.meta.dirname, '../..')
/** The command as users start it: the wrapper picks the right Node. */
export const koinonCommand = join(repository, 'packages/cli/bin/koinon.mjs')

export type CommandOutcome = {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** What `--json` prints. */
export type Envelope = {
  readonly v: number
  readonly ok: boolean
  // The shape of data differs from command to command; tests state what they expect.
  readonly data: Record<string, unknown>
  readonly error?: {
    readonly code: string
    readonly message: string
    readonly hint?: string
    readonly retry: string
    readonly details?: Readonly<Record<string, unknown>>
  }
  readonly warnings: readonly string[]
}

const deadlineMs = 60_000
/** What the wrapper starts its Node with: given them, it needs no second process on the Node of this repository. */
const nodeFlags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=2']
const compileCache = join(repository, '.node', 'compile-cache')

/** Runs `koinon ...args` to its end. */
export function koinon(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  timeoutMs = deadlineMs,
): Promise<CommandOutcome> {
  return new Promise((done, failed) => {
    execFile(
      process.execPath,
      [...nodeFlags, koinonCommand, ...args],
      {
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: 64 << 20,
        env: { NODE_COMPILE_CACHE: compileCache, ...process.env, ...env },
        cwd: repository,
      },
      (error, stdout, stderr) => {
        if (error !== null && typeof error.code !== 'number')
          failed(new Error(`koinon ${args.join(' ')}: ${error.message}\n${stderr}`))
        else done({ code: error === null ? 0 : (error.code as unknown as number), stdout, stderr })
      },
    )
  })
}

/** Runs `koinon ...args --json` and parses its one line. */
export async function koinonJson(
  args: readonly string[],
  timeoutMs = deadlineMs,
): Promise<Envelope & { readonly code: number; readonly stderr: string }> {
  const { code, stdout, stderr } = await koinon([...args, '--json'], {}, timeoutMs)
  const lines = stdout.trim().split('\n')
  if (lines.length !== 1 || lines[0] === '')
    throw new Error(`koinon ${args.join(' ')} --json printed ${lines.length} lines:\n${stdout}\n${stderr}`)
  return { ...(JSON.parse(lines[0] as string) as Envelope), code, stderr }
}
