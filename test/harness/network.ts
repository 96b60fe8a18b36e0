/** A whole network started through the command line, as a user starts it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Address } from '@koinon/base'
import { sendFromBank } from './bank.ts'
import { koinonCommand, koinonJson } from './cli.ts'
import { embeddedGround, type Ground } from './ground.ts'
import { modelArguments } from './model.ts'
import { freePorts } from './ports.ts'
import { createDatabase } from './postgres-server.ts'
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

const readyDeadlineMs = 300_000

/** A home and two ports that outlive the processes on them: start, stop, kill and start again. */
export class TestNetwork {
  readonly folder: string
  readonly home: string
  readonly #ground: Ground
  readonly #readyWithinMs: number
  #arguments: readonly string[]
  #isPrepared = false
  #ports: readonly [number, number] | undefined
  #group: ProcessGroup | undefined
  #ready: ReadyLine | undefined

  /** `extraArguments` are added to `koinon up`. */
  constructor(extraArguments: readonly string[] = [], ground = embeddedGround, readyWithinMs = readyDeadlineMs) {
    this.#ground = ground
    this.#readyWithinMs = readyWithinMs
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
    if (!this.#isPrepared) await this.#prepare(port, rpcPort)
    const group = new ProcessGroup(process.execPath, [
      koinonCommand,
      'up',
      '--json',
      ...['--home', this.home, '--port', String(port)],
      ...this.#arguments,
    ])
    this.#group = group
    try {
      const ready = await waitFor('the network is ready', this.#readyWithinMs, () =>
        group.exit === undefined ? readyLine(group.stdout) : { endedWith: group.exit },
      )
      if ('endedWith' in ready) throw new Error(`koinon up ended with ${ready.endedWith} before it was ready`)
      this.#ready = ready
      return ready
    } catch (error) {
      await group.end('SIGKILL')
      throw new Error(`${(error as Error).message}\n${group.stderr}\n${tailOfLogs(this.home)}`, { cause: error })
    }
  }

  /** What a person does once: names the ledger, sends the money that the command asks for, makes a database. */
  async #prepare(port: number, rpcPort: number): Promise<void> {
    const { chain, postgresAdminUrl } = this.#ground
    const ledger = chain === undefined ? ['--rpc-port', String(rpcPort)] : ['--rpc', chain.rpcUrl, '--faucet']
    const database =
      postgresAdminUrl === undefined ? [] : ['--postgres', createDatabase(postgresAdminUrl, `home${port}`)]
    this.#arguments = [...ledger, ...database, ...this.#arguments]
    this.#isPrepared = true
    if (chain === undefined) return
    const asked = await koinonJson(['up', '--home', this.home, '--port', String(port), ...this.#arguments])
    const { account, missingWei } = (asked.error?.details ?? {}) as { account?: Address; missingWei?: string }
    if (asked.error?.code !== 'node/treasury-unfunded' || account === undefined || missingWei === undefined)
      throw new Error(`koinon up --rpc did not ask for gas money: ${asked.stderr}`)
    // The suites bring more newcomers to the faucet than a network is founded for.
    await sendFromBank(chain, account, 4n * BigInt(missingWei))
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
