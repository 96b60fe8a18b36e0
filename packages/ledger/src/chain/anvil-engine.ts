import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { KoinonError, withDeadline } from '@koinon/base'
import { type ChainEngine, EngineRpcError } from './evm-engine.ts'
import { blockGasLimit, type ChainGenesis, genesisBaseFeeWei } from './genesis.ts'
import { createRpcEngine, type EngineTransport } from './rpc-engine.ts'

const startTimeoutMs = 20_000
const requestTimeoutMs = 60_000
const stopTimeoutMs = 5_000
const require = createRequire(import.meta.url)

export type AnvilEngineOptions = {
  /** Path of the anvil program. Default: the one of the npm package `@foundry-rs/anvil` for this machine. */
  readonly binaryPath?: string
  /** Version that the journal is bound to. Default: that of the npm package. */
  readonly version?: string
}

/**
 * The second engine: anvil as a child process. Its own port is on 127.0.0.1 without CORS but without any other guard, so any
 * program of this machine can reach its cheat codes: use it on machines whose users trust each other.
 * Throws `chain/engine-missing` when the program is not installed.
 */
export function createAnvilEngine(options: AnvilEngineOptions = {}): ChainEngine {
  const found = options.binaryPath === undefined ? findAnvil() : { binaryPath: options.binaryPath, version: 'unknown' }
  return createRpcEngine({
    name: 'anvil',
    version: options.version ?? found.version,
    hardfork: 'prague',
    gasCaps: { transaction: blockGasLimit, block: blockGasLimit, call: blockGasLimit },
    prevRandaoMethod: undefined,
    prefix: 'anvil',
    open: (genesis) => openAnvil(found.binaryPath, genesis),
  })
}

/** Finds the program in the npm package of this platform: `@foundry-rs/anvil-{linux,darwin,win32}-{amd64,arm64}`. */
export function findAnvil(): { readonly binaryPath: string; readonly version: string } {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch
  const packageName = `@foundry-rs/anvil-${process.platform}-${architecture}`
  const program = process.platform === 'win32' ? 'anvil.exe' : 'anvil'
  try {
    const { version } = require(`${packageName}/package.json`) as { readonly version: string }
    return { binaryPath: require.resolve(`${packageName}/bin/${program}`), version }
  } catch (cause) {
    throw new KoinonError({
      code: 'chain/engine-missing',
      message: `The anvil program is not installed (${packageName})`,
      hint: 'Install the npm package @foundry-rs/anvil, or use the default engine.',
      cause,
    })
  }
}

async function openAnvil(binaryPath: string, genesis: ChainGenesis): Promise<EngineTransport> {
  const child =
    process.platform === 'win32'
      ? spawn(binaryPath, anvilArguments(genesis), { stdio: 'pipe' })
      : spawn('/bin/sh', ['-c', dieWithParent, binaryPath, ...anvilArguments(genesis)], { stdio: 'pipe' })
  const exited = once(child, 'exit')
  exited.catch(() => undefined)
  try {
    const url = await withDeadline(listeningUrl(child), startTimeoutMs, 'Starting anvil')
    return {
      request: (method, params) => callAnvil(url, method, params),
      async close() {
        child.stdin.end()
        if (process.platform === 'win32') child.kill()
        await withDeadline(exited, stopTimeoutMs, 'Stopping anvil').catch(() => child.kill('SIGKILL'))
      },
    }
  } catch (error) {
    child.stdin.end()
    if (process.platform === 'win32') child.kill()
    throw error
  }
}

/** Runs anvil until it ends or until our end of standard input closes, which a SIGKILL of this process does too. */
const dieWithParent =
  'exec 3<&0; "$0" "$@" </dev/null 3<&- & pid=$!; (cat <&3 >/dev/null; kill -9 $pid 2>/dev/null) & wait $pid'

function anvilArguments(genesis: ChainGenesis): string[] {
  const settings: Readonly<Record<string, string>> = {
    '--host': '127.0.0.1',
    '--port': '0',
    '--order': 'fifo',
    '--accounts': '0',
    '--threads': '1',
    '--hardfork': 'prague',
    '--chain-id': String(genesis.chainId),
    '--timestamp': String(genesis.timestampSeconds),
    '--gas-limit': String(blockGasLimit),
    '--base-fee': String(genesisBaseFeeWei),
  }
  const switches = ['--no-mining', '--no-cors', '--no-request-size-limit', '--disable-console-log']
  return [...switches, '--disable-default-create2-deployer', ...Object.entries(settings).flat()]
}

function listeningUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    const read = (chunk: Buffer): void => {
      output += chunk.toString()
      const address = /Listening on (127\.0\.0\.1:\d+)/.exec(output)?.[1]
      if (address === undefined) return
      child.stdout?.off('data', read).resume()
      child.stderr?.off('data', read).resume()
      resolve(`http://${address}`)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('error', reject)
    child.once('exit', (code) => reject(engineDied(`anvil ended with code ${code}: ${output.slice(-400).trim()}`)))
  })
}

async function callAnvil(url: string, method: string, params: readonly unknown[]): Promise<unknown> {
  let answer: { readonly result?: unknown; readonly error?: { code: number; message: string; data?: unknown } }
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      signal: AbortSignal.timeout(requestTimeoutMs),
    })
    answer = (await response.json()) as typeof answer
  } catch (cause) {
    throw engineDied('anvil does not answer', cause)
  }
  if (answer.error !== undefined) throw new EngineRpcError(answer.error.code, answer.error.message, answer.error.data)
  return answer.result
}

function engineDied(message: string, cause?: unknown): KoinonError {
  return new KoinonError({
    code: 'chain/engine-died',
    message: `The engine failed: ${message}`,
    hint: 'Start the chain again; the journal holds everything acknowledged.',
    retry: 'later',
    cause,
  })
}
