/** A whole network started through the command line, as a user starts it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { koinonCommand } from './cli.ts'
import { modelArguments } from './model.ts'
import { ProcessGroup } from './process-group.ts'
import { waitFor } from './wait.ts'

/** The one line of `koinon up --json`. */
export type ReadyLine = {
  readonly v: 1
  readonly ready: true
  readonly gateway: string
  readonly openai: string
  readonly dashboard: string
  readonly rpc: string
  readonly chainId: number
  readonly home: string
  readonly pid: number
  readonly apiKey: string
}

const readyDeadlineMs = 180_000

/** A home and two ports that outlive the processes on them: start, stop, kill and start again. */
export class TestNetwork {
  readonly folder: string
  readonly home: string
  readonly #arguments: readonly string[]
  #ports: readonly [number, number] | undefined
  #group: ProcessGroup | undefined
  #ready: ReadyLine | undefined

  /** `extraArguments` are added to `koinon up`. */
  constructor(extraArguments: readonly string[] = []) {
    this.folder = mkdtempSync(join(tmpdir(), 'koinon-e2e-'))
    this.home = join(this.folder, 'home')
    this.#arguments = [...modelArguments(this.folder), ...extraArguments]
  }

  get ready(): ReadyLine {
    if (this.#ready === undefined) throw new Error('the network does not run')
    return this.#ready
  }

  get isRunning(): boolean {
    return this.#group?.isAlive() === true
  }

  get group(): ProcessGroup {
    if (this.#group === undefined) throw new Error('the network was never started')
    return this.#group
  }

  /** Starts on the same home and ports as before. Fails with what the command and its roles wrote. */
  async start(): Promise<ReadyLine> {
    this.#ports ??= await freePorts()
    const [port, rpcPort] = this.#ports
    const group = new ProcessGroup(process.execPath, [
      koinonCommand,
      'up',
      '--json',
      ...['--home', this.home, '--port', String(port), '--rpc-port', String(rpcPort)],
      ...this.#arguments,
    ])
    this.#group = group
    try {
      this.#ready = await waitFor('the network is ready', readyDeadlineMs, () => {
        if (group.exit !== undefined) throw new Error(`it ended with ${group.exit}`)
        return readyLine(group.stdout)
      })
      return this.#ready
    } catch (error) {
      await group.end('SIGKILL')
      throw new Error(`${(error as Error).message}\n${group.stderr}\n${tailOfLogs(this.home)}`, { cause: error })
    }
  }

  /** Asks it to stop, as Ctrl-C does, and returns the exit code of the command. */
  async stop(signal: 'SIGINT' | 'SIGTERM' = 'SIGINT'): Promise<number | NodeJS.Signals> {
    await this.group.end(signal, 40_000)
    return this.group.exited
  }

  /** Ends every process of it at once, with no chance to say goodbye. */
  async kill(): Promise<void> {
    await this.group.end('SIGKILL')
  }

  /** Ends what still runs and removes the home. */
  async dispose(): Promise<void> {
    if (this.isRunning) await this.group.end('SIGKILL')
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function readyLine(stdout: string): ReadyLine | undefined {
  const line = stdout.split('\n').find((candidate) => candidate.includes('"ready":true'))
  return line === undefined || !stdout.includes('\n') ? undefined : (JSON.parse(line) as ReadyLine)
}

/** Two ports that were free a moment ago. */
export async function freePorts(): Promise<readonly [number, number]> {
  return [await freePort(), await freePort()]
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        address === null || typeof address === 'string' ? reject(new Error('no port')) : resolve(address.port),
      )
    })
  })
}

/** Last lines of every role's log, for the reader of a failed test. */
export function tailOfLogs(home: string, lines = 12): string {
  const folder = join(home, 'logs')
  try {
    return readdirSync(folder)
      .map((name) => {
        const text = readFileSync(join(folder, name), 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
        return `--- ${name}\n${text}`
      })
      .join('\n')
  } catch {
    return `no logs in ${folder}`
  }
}
