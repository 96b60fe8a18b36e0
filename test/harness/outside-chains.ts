/** Chains that are not ours: anvil from npm and geth from the Go module proxy, each with one account that holds gas money. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repository } from './cli.ts'
import { freePort } from './ports.ts'
import { ProcessGroup } from './process-group.ts'
import { waitFor } from './wait.ts'

export type OutsideChain = {
  readonly rpcUrl: string
  readonly chainId: number
  /** Secret key of an account with gas money; public knowledge and worth nothing. */
  readonly bankKey: `0x${string}`
  /** Ends its process at once. */
  kill(): Promise<void>
  /** Ends it politely: what it keeps on disk is whole. */
  stop(): Promise<void>
  /** Starts it on the same port again: geth with the state on its disk, anvil with none. */
  restart(): Promise<void>
  close(): Promise<void>
}

/** The newest whose modules the public proxy serves in full: later ones need a go-eth2-client that it does not. */
const gethVersion = '1.17.6'
/** Half an hour on a busy machine with two cores. */
const buildDeadlineMs = 3_600_000

/** anvil 1.7.1 as the contracts' tests pin it. Mines on demand unless an interval is given, and then at once too where `isMixed`. */
export async function startAnvil(
  options: { readonly chainId?: number; readonly blockSeconds?: number; readonly isMixed?: boolean } = {},
): Promise<OutsideChain> {
  const port = await freePort()
  const { chainId = 31_337, blockSeconds, isMixed = false } = options
  const interval = blockSeconds === undefined ? [] : ['--block-time', String(blockSeconds)]
  if (isMixed) interval.push('--mixed-mining')
  return opened({
    program: join(repository, 'node_modules/.bin/anvil'),
    args: ['--port', String(port), '--chain-id', String(chainId), '--silent', ...interval],
    port,
    chainId,
    bankKey: '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80',
    cleanUp: () => undefined,
  })
}

/** `geth --dev --datadir`: a real client with a real database, blocks on demand. */
export async function startGeth(): Promise<OutsideChain> {
  const folder = mkdtempSync(join(tmpdir(), 'koinon-e2e-geth-'))
  const [port, enginePort] = [await freePort(), await freePort()]
  const args = ['--dev', '--datadir', folder, '--ipcdisable', '--nodiscover', '--maxpeers', '0', '--port', '0']
  const http = ['--http', '--http.port', String(port), '--authrpc.port', String(enginePort)]
  return opened({
    program: builtGeth(),
    args: [...args, ...http],
    port,
    chainId: 1_337,
    bankKey: '0xb71c71a67e1177ad4e901695e1b4b9ee17ae16c6668d313eac2f96dbcda3f291',
    cleanUp: () => rmSync(folder, { recursive: true, force: true }),
  })
}

/** Built once a clone; needs Go and the module proxy. */
function builtGeth(): string {
  const folder = join(repository, '.node', `geth-${gethVersion}`)
  if (!existsSync(folder)) {
    const draft = mkdtempSync(`${folder}-`)
    const target = `github.com/ethereum/go-ethereum/cmd/geth@v${gethVersion}`
    try {
      execFileSync('go', ['install', target], {
        env: { ...process.env, GOBIN: draft },
        timeout: buildDeadlineMs,
        stdio: 'pipe',
      })
      renameSync(draft, folder)
    } catch (cause) {
      rmSync(draft, { recursive: true, force: true })
      throw new Error(
        `geth could not be built: this suite needs Go and its module proxy. ${(cause as Error).message}`,
        { cause },
      )
    }
  }
  return join(folder, 'geth')
}

async function opened(parts: {
  readonly program: string
  readonly args: readonly string[]
  readonly port: number
  readonly chainId: number
  readonly bankKey: `0x${string}`
  readonly cleanUp: () => void
}): Promise<OutsideChain> {
  const { program, args, port, chainId, bankKey, cleanUp } = parts
  const rpcUrl = `http://127.0.0.1:${port}`
  let group: ProcessGroup | undefined
  const kill = async (): Promise<void> => {
    await group?.end('SIGKILL')
  }
  const stop = async (): Promise<void> => {
    await group?.end('SIGINT', 60_000)
  }
  const close = async (): Promise<void> => {
    await kill()
    cleanUp()
  }
  const start = async (): Promise<void> => {
    const started = new ProcessGroup(program, args)
    group = started
    await waitFor(`a chain answers at ${rpcUrl}`, 60_000, async () => {
      if (started.exit !== undefined) throw new Error(`it ended with ${started.exit}: ${started.stderr}`)
      return (await askChainId(rpcUrl)) === chainId
    })
  }
  try {
    await start()
  } catch (error) {
    await close()
    throw error
  }
  return { rpcUrl, chainId, bankKey, kill, stop, restart: start, close }
}

async function askChainId(rpcUrl: string): Promise<number> {
  const response = await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}',
    signal: AbortSignal.timeout(5_000),
  })
  return Number(((await response.json()) as { result: string }).result)
}
