/** Payers that are killed at random moments, against a stock seller that counts what it charges. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bytesToHex, sleep, withDeadline } from '@koinon/base'
import type { TestNetwork } from './chain.ts'
import { seededUnit } from './seeded.ts'
import { dollarName, type Listening } from './stock-sellers.ts'

export type KillTable = {
  readonly trials: number
  /** Killed before the first call began, between, and not at all because the process had ended. */
  readonly killed: number
  readonly calls: number
  readonly answered: number
  /** Paid, and the answer lost with the process. */
  readonly lost: number
  readonly chargedOnce: number
  readonly chargedTwice: number
  /** The most calls that one kill cost. */
  readonly mostLostByOneKill: number
  /** Calls that a kill left without an outcome, all of them concluded by a later process. */
  readonly unknownConcluded: number
  /** How calls ended otherwise. */
  readonly failed: readonly string[]
}

export type KillOptions = {
  readonly net: TestNetwork
  readonly seller: Listening
  readonly path: string
  readonly secretKey: Uint8Array
  readonly trials: number
  readonly callsPerTrial: number
  /** The longest that a process lives after it is ready. */
  readonly longestMs: number
  /** Repeats the moments of the kills. */
  readonly seed: string
  /** How often each call was charged, as the seller saw it. */
  readonly charges: ReadonlyMap<string, number>
}

const child = fileURLToPath(new URL('./paying-child.ts', import.meta.url))

/** Each process takes up the calls that its predecessor did not end, the last one is let end. */
export async function killTrials(options: KillOptions): Promise<KillTable> {
  const ended = new Map<number, string>()
  let killed = 0
  let mostLostByOneKill = 0
  let unknownConcluded = 0
  let next = 0
  for (let trial = 0; trial < options.trials; trial++) {
    const isLast = trial === options.trials - 1
    const first = next
    const lifeMs = isLast ? undefined : seededUnit(options.seed, trial)() * options.longestMs
    const lines = await run(options, first, lifeMs)
    let lost = 0
    for (const [index, outcome] of lines.ends) {
      ended.set(index, outcome)
      if (outcome === 'payments/answer-lost') lost++
      next = index + 1
    }
    if (lines.wasKilled) killed++
    if (lines.wasKilled && lines.ends.length < options.callsPerTrial && lines.isReady) unknownConcluded++
    if (lost > mostLostByOneKill) mostLostByOneKill = lost
  }
  const outcomes = [...ended.values()]
  const counts = [...options.charges.values()]
  return {
    trials: options.trials,
    killed,
    calls: ended.size,
    answered: outcomes.filter((outcome) => outcome === 'paid').length,
    lost: outcomes.filter((outcome) => outcome === 'payments/answer-lost').length,
    chargedOnce: counts.filter((count) => count === 1).length,
    chargedTwice: counts.filter((count) => count > 1).length,
    mostLostByOneKill,
    unknownConcluded,
    failed: outcomes.filter((outcome) => outcome !== 'paid' && outcome !== 'payments/answer-lost'),
  }
}

async function run(
  options: KillOptions,
  first: number,
  lifeMs: number | undefined,
): Promise<{
  readonly ends: readonly (readonly [number, string])[]
  readonly isReady: boolean
  readonly wasKilled: boolean
}> {
  const { contracts, chainId } = options.net.network
  const network = {
    chainId,
    token: contracts.dollar,
    escrow: contracts.channels,
    collector: contracts.depositCollector,
    name: dollarName,
    rpcUrl: options.net.url,
  }
  const running = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      child,
      options.path,
      `${options.seller.url}/paid`,
      bytesToHex(options.secretKey),
      JSON.stringify(network),
      String(first),
      String(options.callsPerTrial),
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_COMPILE_CACHE: join(dirname(options.path), 'compile-cache') },
    },
  )
  let output = ''
  let isReady: () => void = () => undefined
  const ready = new Promise<void>((resolve) => {
    isReady = resolve
  })
  running.stdout.setEncoding('utf8')
  running.stdout.on('data', (text: string) => {
    output += text
    if (output.startsWith('ready\n')) isReady()
  })
  const closed = once(running, 'close')
  await withDeadline(Promise.race([ready, closed]), 30_000, 'starting a payer')
  if (lifeMs !== undefined) {
    await Promise.race([sleep(lifeMs), closed])
    running.kill('SIGKILL')
  }
  await withDeadline(closed, 60_000, 'ending a payer')
  const ends = output
    .split('\n')
    .slice(1, -1)
    .map((line) => {
      const [index = '', ...outcome] = line.split(' ')
      return [Number(index), outcome.join(' ')] as const
    })
  return { ends, isReady: output !== '', wasKilled: running.signalCode === 'SIGKILL' }
}
