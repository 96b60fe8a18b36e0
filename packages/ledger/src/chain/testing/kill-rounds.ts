import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { sleep, withDeadline } from '@koinon/base'
import type { Hex } from 'viem'
import type { PrivateKeyAccount } from 'viem/accounts'
import { newAccount, rpc, temporaryFolder, testChainId } from './chain-fixture.ts'

/** What many SIGKILLs did to a chain. `lost` and `changedBlocks` have to stay empty. */
export type KillReport = {
  readonly kills: number
  readonly killsBeforeReady: number
  readonly acknowledged: number
  readonly blocks: number
  /** Acknowledged transactions that are in no block after a restart. */
  readonly lost: readonly string[]
  /** Block numbers whose hash differs from what was seen before the kill. */
  readonly changedBlocks: readonly number[]
}

export type KillOptions = {
  readonly kills: number
  /** A new chain after so many kills, so that the time to replay stays short. */
  readonly killsPerChain: number
  /** Longest time of load before a kill. */
  readonly maxLoadMs: number
  readonly onRound?: (kills: number, acknowledged: number, lost: number) => void
}

const senders = 6
const readyTimeoutMs = 120_000
const killBeforeReadyShare = 0.15

/** Starts a chain in a child process under concurrent load, kills it at random moments, and checks it after every restart. */
export async function killRounds(options: KillOptions): Promise<KillReport> {
  const totals = {
    kills: 0,
    killsBeforeReady: 0,
    acknowledged: 0,
    blocks: 0,
    lost: [] as string[],
    changed: [] as number[],
  }
  while (totals.kills < options.kills) {
    const folder = temporaryFolder()
    const accounts = Array.from({ length: senders }, newAccount)
    const acknowledged = new Set<Hex>()
    const seen = new Map<number, string>()
    try {
      const rounds = Math.min(options.killsPerChain, options.kills - totals.kills)
      for (let round = 0; round <= rounds; round++) {
        const child = startChild(folder.path, accounts)
        const isLast = round === rounds
        if (!isLast && Math.random() < killBeforeReadyShare) {
          await sleep(Math.random() * 900)
          totals.killsBeforeReady += 1
        } else {
          const url = await readyUrl(child)
          await check(url, acknowledged, seen, isLast, totals)
          if (!isLast) await load(url, accounts, acknowledged, seen, Math.random() * options.maxLoadMs, child)
        }
        if (isLast) child.stdin?.end()
        else child.kill('SIGKILL')
        await withDeadline(exit(child), readyTimeoutMs, 'The end of the killed chain')
        if (!isLast) totals.kills += 1
        const lost = totals.lost.length + totals.changed.length
        options.onRound?.(totals.kills, totals.acknowledged + acknowledged.size, lost)
      }
      totals.acknowledged += acknowledged.size
      totals.blocks += Math.max(0, ...seen.keys())
    } finally {
      folder.remove()
    }
  }
  const { changed, ...rest } = totals
  return { ...rest, changedBlocks: changed }
}

function startChild(folder: string, accounts: readonly PrivateKeyAccount[]): ChildProcess {
  const options = {
    journalPath: join(folder, 'chain.journal'),
    chainId: testChainId,
    accounts: accounts.map((account) => account.address),
  }
  const script = join(import.meta.dirname, 'kill-child.ts')
  return spawn(process.execPath, [script, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'pipe'] })
}

async function readyUrl(child: ChildProcess): Promise<string> {
  let output = ''
  let complaints = ''
  child.stderr?.on('data', (chunk) => {
    complaints += chunk
  })
  const line = new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      output += chunk
      if (output.includes('\n')) resolve(output)
    })
    child.once('exit', (code) => reject(new Error(`the chain ended with ${code} before it was ready: ${complaints}`)))
  })
  return (JSON.parse(await withDeadline(line, readyTimeoutMs, 'Starting the chain')) as { url: string }).url
}

async function exit(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

/** Every sender sends one transaction after the other, two at a time, until the chain is killed under it. */
async function load(
  url: string,
  accounts: readonly PrivateKeyAccount[],
  acknowledged: Set<Hex>,
  seen: Map<number, string>,
  loadMs: number,
  child: ChildProcess,
): Promise<void> {
  const killed = new AbortController()
  const workers = accounts.map(async (account) => {
    let nonce = Number((await rpc(url, 'eth_getTransactionCount', [account.address, 'latest'])).result)
    while (!killed.signal.aborted) {
      const pair = [await transfer(account, nonce), await transfer(account, nonce + 1)]
      nonce += 2
      const sent = pair.map(async (raw) => {
        const { result } = await rpc(url, 'eth_sendRawTransaction', [raw])
        if (typeof result === 'string') acknowledged.add(result as Hex)
      })
      await Promise.all(sent)
    }
  })
  const observer = (async () => {
    while (!killed.signal.aborted) {
      const { result } = await rpc(url, 'eth_getBlockByNumber', ['latest', false])
      seen.set(Number(result.number), result.hash)
      await sleep(7)
    }
  })()
  await sleep(loadMs)
  killed.abort()
  child.kill('SIGKILL')
  await Promise.allSettled([...workers, observer])
}

function transfer(account: PrivateKeyAccount, nonce: number): Promise<Hex> {
  return account.signTransaction({
    chainId: testChainId,
    type: 'eip1559',
    nonce,
    to: account.address,
    value: 1n,
    gas: 21_000n,
    maxFeePerGas: 2_000_000_000n,
    maxPriorityFeePerGas: 1n,
  })
}

async function check(
  url: string,
  acknowledged: ReadonlySet<Hex>,
  seen: ReadonlyMap<number, string>,
  everything: boolean,
  totals: { readonly lost: string[]; readonly changed: number[] },
): Promise<void> {
  const recent = everything ? 0 : -300
  for (const hash of [...acknowledged].slice(recent)) {
    const { result } = await rpc(url, 'eth_getTransactionReceipt', [hash])
    if (result?.status !== '0x1') totals.lost.push(hash)
  }
  for (const [number, hash] of [...seen].slice(recent)) {
    const { result } = await rpc(url, 'eth_getBlockByNumber', [`0x${number.toString(16)}`, false])
    if (result?.hash !== hash) totals.changed.push(number)
  }
}
