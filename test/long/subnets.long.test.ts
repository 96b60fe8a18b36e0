/**
 * Four subnets for 200 epochs while validators, whole subnets, the index and the chain are killed, one an epoch; then an audit of every
 * figure, and of a copy with one falsified. KOINON_LONG_EPOCHS=N makes it N epochs, KOINON_LONG_EPOCH_SECONDS their length (30: two hours on a machine with nothing else to do).
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest'
import { getJson } from '../harness/ask.ts'
import { type Audited, audit, falsify, raised } from '../harness/audits.ts'
import { TestNetwork, tailOfLogs } from '../harness/network.ts'
import { killRole, restarted } from '../harness/roles.ts'
import { sleep, waitFor } from '../harness/wait.ts'

const epochs = Number(process.env['KOINON_LONG_EPOCHS'] ?? 200)
const epochSeconds = Number(process.env['KOINON_LONG_EPOCH_SECONDS'] ?? 30)
const hourMs = 3_600_000
const victims = [
  'validator-1',
  'subnet-forecast',
  'chain',
  'subnet-probing',
  'indexer',
  'beacon',
  'subnet-embedding',
  'validator-2',
]
const network = new TestNetwork(['--subnets', 'forecast,probing,embedding', '--epoch-seconds', String(epochSeconds)])
const copy = join(network.folder, 'copy')
let whole: Audited

type SubnetLine = { readonly netuid: number; readonly currentEpoch: number; readonly epochSeconds: number }

beforeAll(async () => {
  await network.start()
  await liveThroughKills().catch((error: unknown) => {
    process.stderr.write(`\n${tailOfLogs(network.home, 8)}\n`)
    throw error
  })
  whole = await audit(['export', copy, '--home', network.home], hourMs)
  process.stderr.write(
    `${whole.checks.map(({ name, agreed, differences, open }) => `${name}: ${agreed} agree, ${differences.length} differ, ${open.length} open`).join('\n')}\n`,
  )
}, 8 * hourMs)
afterAll(() => network.dispose())

async function liveThroughKills(): Promise<void> {
  for (let round = 0; (await slowestEpoch()) < epochs + 2; round++) {
    const victim = victims[round % victims.length] as string
    // Kills wander through the phases of the epoch.
    await sleep(((round * 37) % epochSeconds) * 1_000)
    await restarted(network.home, victim, await killRole(network.home, victim))
    const epoch = await slowestEpoch()
    process.stderr.write(`epoch ${epoch} of ${epochs + 2}: killed ${victim}\n`)
    // A chain replays its history when it starts again.
    await waitFor('the next epoch', 600_000, async () => (await slowestEpoch()) > epoch)
  }
}

async function slowestEpoch(): Promise<number> {
  return waitFor('the subnets are listed', 120_000, async () => {
    const { subnets } = await getJson<{ subnets: readonly SubnetLine[] }>(network.ready, '/api/subnets')
    return Math.min(...subnets.map(({ currentEpoch }) => currentEpoch))
  })
}

describe(`four subnets after ${epochs} epochs with kills`, () => {
  it('agree with an audit on every figure', () => {
    onTestFailed(() => void process.stderr.write(`\n${tailOfLogs(network.home, 8)}\n`))
    expect(whole.named).toEqual([])
    expect(whole.exitCode).toBe(0)
    const unexplained = whole.checks.filter(({ name }) => name !== 'evidence').flatMap(({ open }) => open)
    expect(unexplained).toEqual([])
  })

  it('went on paying: an epoch with a kill may pass unpaid, most do not', () => {
    const roots = readFileSync(join(copy, 'events.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"name":"RootSubmitted"'))
      .map((line) => (JSON.parse(line) as { args: { netuid: number } }).args.netuid)
    const counts = Map.groupBy(roots, (netuid) => netuid)
    process.stderr.write(`roots: ${[...counts].map(([netuid, list]) => `${netuid}: ${list.length}`).join(', ')}\n`)
    for (const netuid of [1, 2, 3, 4]) expect(counts.get(netuid)?.length ?? 0, `${netuid}`).toBeGreaterThan(epochs / 2)
  })

  it(
    'are told from a copy with one falsified figure, which is named',
    async () => {
      for (const [file, marks, field, what] of [
        ['events.jsonl', ['"name":"Claimed"', '"contract":"epochs"'], 'mined', 'amount paid as miner'],
        ['events.jsonl', ['"name":"RootSubmitted"'], 'minersTotal', 'paid to all miners'],
      ] as const) {
        const changed = join(network.folder, field)
        const line = falsify(copy, changed, file, marks, raised(field))
        const { args } = JSON.parse(line) as { args: { netuid: number; epoch: string } }
        const found = await audit(['--data', changed, '--home', network.home], hourMs)
        expect(found.exitCode).toBe(1)
        expect(found.named.some((name) => name.includes(`${args.netuid}/${args.epoch}/`) && name.endsWith(what))).toBe(
          true,
        )
      }
    },
    2 * hourMs,
  )
})
