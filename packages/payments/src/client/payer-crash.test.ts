import { join } from 'node:path'
import { bytesToHex, sleep, systemRandom } from '@koinon/base'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startNetwork, type TestNetwork } from '../testing/chain.ts'
import { temporaryFolder } from '../testing/fixtures.ts'
import { killTrials } from '../testing/kill-trials.ts'
import { type Listening, startFacilitator, startHonoSeller } from '../testing/stock-sellers.ts'

let net: TestNetwork
let facilitator: Listening
const seed = process.env['KOINON_KILL_SEED'] ?? bytesToHex(systemRandom(4))
const folder = temporaryFolder()

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
  ['batch-settlement', 12],
  ['exact', 4],
] as const)(
  'a payer by %s that is killed at any moment never pays twice for one call, and loses one step at most',
  async (scheme, trials) => {
    const charges = new Map<string, number>()
    const seller = await startHonoSeller({
      net,
      facilitatorUrl: facilitator.url,
      schemes: [scheme],
      timeoutSeconds: 120,
      onCharged: (body) => charges.set(body, (charges.get(body) ?? 0) + 1),
      handle: async (body) => {
        await sleep(5)
        return `did ${body}`
      },
    })
    const who = await net.fund(`killed ${scheme}`)
    const before = await net.dollarsOf(who.address)
    const table = await killTrials({
      net,
      seller,
      path: join(folder.path, `${scheme}.db`),
      secretKey: who.secretKey,
      trials,
      callsPerTrial: 8,
      longestMs: scheme === 'exact' ? 300 : 120,
      seed,
      charges,
    })
    process.stdout.write(`${scheme} ${JSON.stringify({ ...table, seed })}\n`)
    expect(table).toMatchObject({ chargedTwice: 0, failed: [], calls: table.answered + table.lost })
    expect(table.mostLostByOneKill).toBeLessThanOrEqual(1)
    expect(table.chargedOnce).toBe(table.calls)
    if (scheme === 'exact') expect(before - (await net.dollarsOf(who.address))).toBe(BigInt(table.calls) * 1_000n)
    await seller.close()
  },
  120_000,
)
