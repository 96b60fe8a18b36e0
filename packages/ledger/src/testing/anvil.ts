/** anvil as a stand-alone chain with its cheat codes, for tests that reorganise it or cut it off. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { KoinonError, withDeadline } from '@koinon/base'
import { findAnvil } from '../chain/anvil-engine.ts'

const startTimeoutMs = 20_000
const stopTimeoutMs = 5_000

/** A running anvil that mines each transaction at once. */
export type Anvil = {
  readonly url: string
  /** A JSON-RPC call, cheat codes included; throws what the node answers. */
  call(method: string, ...params: readonly unknown[]): Promise<unknown>
  close(): Promise<void>
}

/** Starts anvil on a free loopback port. Throws `chain/engine-missing`. */
export async function startAnvil(chainId: number): Promise<Anvil> {
  const { binaryPath } = findAnvil()
  const settings = ['--host', '127.0.0.1', '--port', '0', '--accounts', '0', '--threads', '1', '--hardfork', 'prague']
  const child = spawn(binaryPath, [...settings, '--chain-id', String(chainId), '--no-cors'], { stdio: 'pipe' })
  const exited = once(child, 'exit')
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  const address = await withDeadline(
    new Promise<string>((resolve, reject) => {
      let output = ''
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        const found = /Listening on (127\.0\.0\.1:\d+)/.exec(output)?.[1]
        if (found !== undefined) resolve(found)
      })
      exited.then(
        () => reject(new KoinonError({ code: 'test/anvil', message: `anvil ended: ${output.slice(-400)}` })),
        reject,
      )
    }),
    startTimeoutMs,
    'Starting anvil',
  )
  const url = `http://${address}`
  return {
    url,
    async call(method, ...params) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
        signal: AbortSignal.timeout(30_000),
      })
      const answer = (await response.json()) as { result?: unknown; error?: { message: string } }
      if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`)
      return answer.result
    },
    async close() {
      kill()
      process.off('exit', kill)
      await withDeadline(exited, stopTimeoutMs, 'Stopping anvil')
    },
  }
}
