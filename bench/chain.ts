/**
 * Embedded chain: cost of a block as state grows, throughput through the JSON-RPC door, time to replay. EDR beside anvil.
 * Usage: node bench/chain.ts [--slots 1000,10000,50000] [--replay 10000]. JSON on stdout, progress on stderr.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  type ChainEngine,
  createAnvilEngine,
  createEdrEngine,
  EmbeddedChain,
  normalizeGenesis,
} from '@koinon/ledger/chain'
import { getContractAddress, type Hex } from 'viem'
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { benchTokenBytecode, fillData, transferData } from './chain-token.ts'

const { values } = parseArgs({
  options: {
    slots: { type: 'string', default: '1000,10000,50000' },
    replay: { type: 'string', default: '10000' },
  },
})

const chainId = 424_242
const clockTicksPerSecond = 100
const slotsPerFill = 300
const measuredBlocks = 30
const batchTransactions = 1_000
const senders = 10
const prevRandao: Hex = `0x${'5a'.repeat(32)}`
const engines = { edr: () => createEdrEngine(), anvil: () => createAnvilEngine() }

function genesisFor(accounts: readonly PrivateKeyAccount[]) {
  const funded = accounts.map((account) => ({ address: account.address, balanceWei: 10n ** 24n }))
  return { accounts: funded, predeploys: [], timestampSeconds: 1_750_000_000 }
}

function sign(account: PrivateKeyAccount, nonce: number, call: { readonly to?: Hex; readonly data: Hex }, gas: bigint) {
  const fees = { maxFeePerGas: 100_000_000_000n, maxPriorityFeePerGas: 1n }
  return account.signTransaction({ chainId, type: 'eip1559', nonce, gas, ...fees, ...call })
}

/** CPU milliseconds of this process and all its descendants; the engine may be either. Null where /proc is not. */
function cpuMs(): number | null {
  try {
    const parents = new Map<number, { readonly parent: number; readonly ticks: number }>()
    for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
      try {
        const fields = readFileSync(`/proc/${name}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ')
        parents.set(Number(name), { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) })
      } catch {
        // the process ended meanwhile
      }
    }
    const isOurs = (pid: number): boolean => pid === process.pid || (pid > 1 && isOurs(parents.get(pid)?.parent ?? 0))
    const ticks = [...parents].filter(([pid]) => isOurs(pid)).reduce((sum, [, { ticks }]) => sum + ticks, 0)
    return (ticks * 1000) / clockTicksPerSecond
  } catch {
    return null
  }
}

async function mineOne(engine: ChainEngine, raws: readonly Hex[], timestampSeconds: number): Promise<void> {
  for (const raw of raws) await engine.addTransaction(raw)
  const block = await engine.mine({ timestampSeconds, prevRandao })
  if (block.transactions.length !== raws.length) throw new Error(`block ${block.number} misses transactions`)
}

/** Cost of a block of one transfer at growing numbers of storage slots, at the engine port: no door, no journal. */
async function stateGrowth(create: () => ChainEngine, slotCounts: readonly number[]) {
  const account = privateKeyToAccount(generatePrivateKey())
  const engine = create()
  await engine.start(normalizeGenesis({ chainId, ...genesisFor([account]) }))
  const token = getContractAddress({ from: account.address, nonce: 0n })
  let nonce = 0
  let timeSeconds = 1_760_000_000
  const results: { slots: number; wallMsPerBlock: number; cpuMsPerBlock: number | null }[] = []
  try {
    await mineOne(engine, [await sign(account, nonce++, { data: benchTokenBytecode }, 2_000_000n)], timeSeconds++)
    let filled = 0
    for (const slots of slotCounts) {
      for (; filled < slots; filled += slotsPerFill) {
        const raw = await sign(account, nonce++, { to: token, data: fillData(filled, slotsPerFill) }, 8_000_000n)
        await mineOne(engine, [raw], timeSeconds++)
      }
      const raws: Hex[] = []
      for (let block = 0; block < measuredBlocks; block++) {
        const to: Hex = `0x${(nonce + 1).toString(16).padStart(40, '7')}`
        raws.push(await sign(account, nonce++, { to: token, data: transferData(to, 1n) }, 80_000n))
      }
      const cpuBefore = cpuMs()
      const startedMs = performance.now()
      for (const raw of raws) await mineOne(engine, [raw], timeSeconds++)
      const wallMs = performance.now() - startedMs
      const cpuAfter = cpuMs()
      const cpu = cpuBefore === null || cpuAfter === null ? null : round((cpuAfter - cpuBefore) / measuredBlocks)
      results.push({ slots, wallMsPerBlock: round(wallMs / measuredBlocks), cpuMsPerBlock: cpu })
    }
  } finally {
    await engine.stop()
  }
  return results
}

/** Sends a JSON-RPC batch; after a lost connection again, because the same bytes get the same answer. */
async function sendBatch(url: string, raws: readonly Hex[], attempts = 3): Promise<void> {
  const body = raws.map((raw, id) => ({ jsonrpc: '2.0', id, method: 'eth_sendRawTransaction', params: [raw] }))
  let answers: readonly { readonly error?: { readonly message: string } }[]
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(120_000),
    })
    answers = (await response.json()) as typeof answers
  } catch (error) {
    if (attempts <= 1) throw error
    return sendBatch(url, raws, attempts - 1)
  }
  const failed = answers.find((answer) => answer.error !== undefined)
  if (failed !== undefined) throw new Error(failed.error?.message)
}

/** Transfers a second through door, journal (fsync) and engine with the default pace, and the time to start again. */
async function throughputAndReplay(create: () => ChainEngine, totalTransactions: number) {
  const folder = mkdtempSync(join(tmpdir(), 'koinon-bench-'))
  const accounts = Array.from({ length: senders }, () => privateKeyToAccount(generatePrivateKey()))
  const options = { journalPath: join(folder, 'chain.journal'), chainId, genesis: genesisFor(accounts), engine: create }
  const chain = new EmbeddedChain(options)
  try {
    const { url } = await chain.start()
    const [owner] = accounts as [PrivateKeyAccount]
    const token = getContractAddress({ from: owner.address, nonce: 0n })
    await sendBatch(url, [await sign(owner, 0, { data: benchTokenBytecode }, 2_000_000n)])
    const firstNonce = (account: PrivateKeyAccount): number => (account === owner ? 1 : 0)
    let sent = 0
    let wallMs = 0
    const cpuTotals = { before: 0, spent: 0 }
    while (sent < totalTransactions) {
      const batches = await Promise.all(
        accounts.map(async (account, index) => {
          const raws: Hex[] = []
          for (let count = 0; count < batchTransactions / senders; count++) {
            const to: Hex = `0x${(sent + count * senders + index).toString(16).padStart(40, '7')}`
            // Accounts other than the owner have no tokens: they move zero, which runs the same code.
            const data = transferData(to, account === owner ? 1n : 0n)
            raws.push(await sign(account, firstNonce(account) + sent / senders + count, { to: token, data }, 80_000n))
          }
          return raws
        }),
      )
      cpuTotals.before = cpuMs() ?? 0
      const startedMs = performance.now()
      await Promise.all(batches.map((raws) => sendBatch(url, raws)))
      wallMs += performance.now() - startedMs
      cpuTotals.spent += (cpuMs() ?? 0) - cpuTotals.before
      sent += batchTransactions
    }
    const { blockNumber, blockHash, journalBytes } = chain.status()
    await chain.stop()
    const cpuBefore = cpuMs() ?? 0
    const startedMs = performance.now()
    const again = await chain.start()
    const restartMs = performance.now() - startedMs
    const restartCpuMs = (cpuMs() ?? 0) - cpuBefore
    await chain.stop()
    if (again.blockHash !== blockHash) throw new Error('the replay gave another block hash')
    return {
      transactions: sent,
      blocks: blockNumber,
      transfersPerSecond: round((sent * 1000) / wallMs),
      cpuMsPerTransfer: round(cpuTotals.spent / sent),
      journalBytesPerTransfer: round(journalBytes / sent),
      restartMsPer10000: round((restartMs * 10_000) / sent),
      restartCpuMsPer10000: round((restartCpuMs * 10_000) / sent),
    }
  } finally {
    await chain.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

const slotCounts = values.slots.split(',').map(Number)
const report: Record<string, unknown> = {}
for (const [name, create] of Object.entries(engines)) {
  process.stderr.write(`${name}: state growth\n`)
  const blockCost = await stateGrowth(create, slotCounts)
  process.stderr.write(`${name}: throughput and replay\n`)
  report[name] = {
    version: create().version,
    blockCost,
    door: await throughputAndReplay(create, Number(values.replay)),
  }
}
const host = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, load1: round(loadavg()[0] ?? 0) }
process.stdout.write(`${JSON.stringify({ bench: 'chain', host, engines: report }, null, 2)}\n`)
