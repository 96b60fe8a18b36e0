/** anvil as a chain of others that dies: what it had not written to its disk is gone, as in a deep reorganisation. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Address, withDeadline } from '@koinon/base'
import { findAnvil } from '../../../packages/ledger/src/chain/anvil-engine.ts'
import { freePort } from '../ports.ts'
import { sleep, waitFor } from '../wait.ts'
import type { Victim } from './world.ts'

export type AnvilVictim = {
  readonly rpcUrl: string
  readonly victim: Victim
  /** Gives an account a thousand ether. */
  bank(account: Address): Promise<void>
  close(): Promise<void>
}

/** Ten blocks a second, the state on disk once a second: a kill takes back some twenty blocks, fewer than the 32 that count as replaceable. */
const blockSeconds = 0.1
const stateSeconds = 1
const copyMs = 250

export async function startAnvilVictim(chainId: number): Promise<AnvilVictim> {
  const folder = mkdtempSync(join(tmpdir(), 'koinon-anvil-'))
  const [state, whole] = [join(folder, 'state.json'), join(folder, 'whole.json')]
  const port = await freePort()
  const rpcUrl = `http://127.0.0.1:${port}`
  // The program itself: what npm puts into its path is a wrapper, whose end would leave it alive.
  const program = findAnvil().binaryPath
  let running: ChildProcess | undefined
  const begin = (): ChildProcess => {
    // A kill may have cut the file short while it was written.
    if (existsSync(state) && !isWhole(state)) {
      if (existsSync(whole)) copyFileSync(whole, state)
      else rmSync(state)
    }
    const chain = ['--port', String(port), '--chain-id', String(chainId), '--silent']
    const blocks = ['--block-time', String(blockSeconds), '--mixed-mining']
    const disk = ['--state', state, '--state-interval', String(stateSeconds)]
    running = spawn(program, [...chain, ...blocks, ...disk], { stdio: 'ignore' })
    return running
  }
  const kill = async (): Promise<void> => {
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return
    const exited = once(running, 'exit')
    running.kill('SIGKILL')
    await withDeadline(exited, 10_000, 'ending anvil')
  }
  const start = async (): Promise<void> => {
    begin()
    await waitFor('anvil answers', 60_000, async () => (await rpc(rpcUrl, 'eth_blockNumber', [])) !== undefined)
  }
  const copying = setInterval(() => existsSync(state) && isWhole(state) && copyFileSync(state, whole), copyMs)
  await start()
  return {
    rpcUrl,
    victim: { start, begin, kill },
    bank: async (account) => void (await rpc(rpcUrl, 'anvil_setBalance', [account, '0x3635c9adc5dea00000'])),
    async close() {
      clearInterval(copying)
      await kill()
      await sleep(copyMs)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function isWhole(path: string): boolean {
  try {
    JSON.parse(readFileSync(path, 'utf8'))
    return true
  } catch {
    return false
  }
}

async function rpc(url: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal: AbortSignal.timeout(5_000),
  })
  return ((await response.json()) as { readonly result?: unknown }).result
}
