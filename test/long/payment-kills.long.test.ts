/**
 * SIGKILL at random moments of everybody whom a payment needs: client, facilitator, gateway, ledger, a chain of others. Prints one table.
 * KOINON_KILL_SEED=X repeats the moments, KOINON_KILL_FIRST=N begins at trial N, KOINON_KILL_TRIALS=N changes how many there are of each.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startNetwork, type TestNetwork } from '../../packages/payments/src/testing/chain.ts'
import { facilitatorKills } from '../../packages/payments/src/testing/facilitator-kills.ts'
import { temporaryFolder } from '../../packages/payments/src/testing/fixtures.ts'
import { killTrials } from '../../packages/payments/src/testing/kill-trials.ts'
import { seededUnit } from '../../packages/payments/src/testing/seeded.ts'
import { type Listening, startFacilitator, startHonoSeller } from '../../packages/payments/src/testing/stock-sellers.ts'
import { type AnvilVictim, startAnvilVictim } from '../harness/kills/anvil-victim.ts'
import type { BuyerKind } from '../harness/kills/buyer.ts'
import { compareBooks } from '../harness/kills/compare.ts'
import { type KillRow, killTable } from '../harness/kills/table.ts'
import { runTrials } from '../harness/kills/trials.ts'
import { type KillWorld, openKillWorld } from '../harness/kills/world.ts'
import { sleep } from '../harness/wait.ts'

const seed = process.env['KOINON_KILL_SEED'] ?? randomBytes(4).toString('hex')
const first = Number(process.env['KOINON_KILL_FIRST'] ?? 0)
const asked = process.env['KOINON_KILL_TRIALS']
const trialsOf = (usual: number): number => (asked === undefined ? usual : Number(asked))
const timeoutMs = 3_600_000
const rows: KillRow[] = []

afterAll(() => void process.stdout.write(`\n${killTable(rows)}\n`))

/** Notes a row with the time that its trials took. */
async function timed<figures>(
  victim: string,
  trials: number,
  work: () => Promise<figures & Omit<KillRow, 'victim' | 'trials' | 'seconds' | 'seed'>>,
): Promise<figures> {
  const startedAtMs = Date.now()
  const figures = await work()
  const { calls, answered, chargedTwice, lostSteps, givenUp, refunds, unknownConcluded } = figures
  const seconds = Math.round((Date.now() - startedAtMs) / 1000)
  const counts = { calls, answered, chargedTwice, lostSteps, givenUp, refunds, unknownConcluded }
  rows.push({ victim, trials, ...counts, seconds, seed })
  return figures
}

describe('SIGKILL of a client', () => {
  const folder = temporaryFolder()
  let net: TestNetwork
  let facilitator: Listening
  beforeAll(async () => {
    net = await startNetwork()
    facilitator = await startFacilitator(net)
  }, 120_000)
  afterAll(async () => {
    await facilitator?.close()
    await net?.close()
    folder.remove()
  })

  it.each([
    ['batch-settlement', trialsOf(200)],
    ['exact', trialsOf(100)],
  ] as const)('that pays a stock seller by %s, %i times', { timeout: timeoutMs }, async (scheme, trials) => {
    const charges = new Map<string, number>()
    const seller = await startHonoSeller({
      net,
      facilitatorUrl: facilitator.url,
      schemes: [scheme],
      timeoutSeconds: 600,
      onCharged: (body) => charges.set(body, (charges.get(body) ?? 0) + 1),
      handle: async (body) => {
        await sleep(5)
        return `did ${body}`
      },
    })
    const who = await net.fund(`killed ${scheme}`)
    const before = await net.dollarsOf(who.address)
    const table = await timed(`client, ${scheme}`, trials, async () => {
      const path = join(folder.path, `${scheme}.db`)
      const { secretKey } = who
      const moments = `${seed} ${scheme}`
      const common = { net, seller, path, secretKey, trials, charges, seed: moments }
      const done = await killTrials({ ...common, callsPerTrial: 8, longestMs: 300 })
      return { ...done, lostSteps: done.lost, givenUp: 0, refunds: 0 }
    })
    expect(table, `seed ${seed}`).toMatchObject({ chargedTwice: 0, failed: [], calls: table.answered + table.lost })
    expect(table.mostLostByOneKill).toBeLessThanOrEqual(1)
    expect(table.chargedOnce).toBe(table.calls)
    if (scheme === 'exact') expect(before - (await net.dollarsOf(who.address))).toBe(BigInt(table.calls) * 1_000n)
    await seller.close()
  })
})

describe('SIGKILL of a facilitator', () => {
  it('while it settles: no payment twice, no answer against an earlier one', { timeout: timeoutMs }, async () => {
    const kills = trialsOf(100)
    const report = await timed('facilitator', kills, async () => {
      const done = await facilitatorKills({ kills, longestDelayMs: 350, seed: `${seed} facilitator` })
      const { payments, paid, unknownConcluded, contradictions } = done
      const counted = { calls: payments, answered: payments - contradictions.length, chargedTwice: paid - payments }
      return { ...done, ...counted, lostSteps: 0, givenUp: 0, refunds: 0, unknownConcluded }
    })
    const payments = kills * 5
    expect(report, `seed ${seed}`).toMatchObject({ payments, paid: payments, contradictions: [] })
  })
})

describe.each([
  ['gateway', trialsOf(50), ['channel', 'stream', 'exact']],
  ['chain', trialsOf(50), ['channel', 'stream', 'exact']],
  ['chain of others', trialsOf(10), ['channel', 'stream']],
] as const satisfies readonly (readonly [string, number, readonly BuyerKind[]])[])(
  'SIGKILL of the %s',
  (victim, trials, kinds) => {
    let world: KillWorld
    let anvil: AnvilVictim | undefined
    beforeAll(async () => {
      anvil = victim === 'chain of others' ? await startAnvilVictim(31_337) : undefined
      world = await openKillWorld(seededUnit(seed, 'answers'), anvil)
    }, 300_000)
    afterAll(async () => {
      await world?.close()
      await anvil?.close()
    })

    it(`${trials} times: nobody pays twice, and all books agree`, { timeout: timeoutMs }, async () => {
      const { problems, refunds, lostSteps } = await timed(victim, trials, async () => {
        const run = await runTrials({
          ...{ world, kinds, first, trials },
          victim: victim === 'gateway' ? world.gateway : world.chain,
          seed: `${seed} ${victim}`,
          trialsPerClients: 4,
          hasRefunds: anvil === undefined,
          longestMs: anvil === undefined ? 800 : 5_000,
          longestStartMs: anvil === undefined ? 2_000 : 300,
          onTrial: (trial, { downMs, concludingMs }) =>
            void process.stderr.write(`trial ${trial}: down for ${downMs} ms, concluded after ${concludingMs} ms\n`),
        })
        await world.gateway.stop()
        return { ...(await compareBooks(world, run.buyers)), refunds: run.refunds }
      })
      expect(problems, `seed ${seed}`).toEqual([])
      expect(rows.at(-1)).toMatchObject({ victim, chargedTwice: 0 })
      expect(lostSteps).toBeLessThanOrEqual(trials)
      expect(refunds > 0).toBe(anvil === undefined)
    })
  },
)
