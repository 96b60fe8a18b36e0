/** Payers that are killed at any moment while they pay a stock x402 seller; the unit suite does the same with fewer. */
import { join } from 'node:path'
import { sleep, systemRandom } from '@koinon/base'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startNetwork, type TestNetwork } from '../../packages/payments/src/testing/chain.ts'
import { temporaryFolder } from '../../packages/payments/src/testing/fixtures.ts'
import { killTrials } from '../../packages/payments/src/testing/kill-trials.ts'
import { type Listening, startFacilitator, startHonoSeller } from '../../packages/payments/src/testing/stock-sellers.ts'

let net: TestNetwork
let facilitator: Listening
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
  ['batch-settlement', 400],
  ['exact', 100],
] as const)(
  'by %s: %i kills',
  async (scheme, trials) => {
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
    const table = await killTrials({
      net,
      seller,
      path: join(folder.path, `${scheme}.db`),
      secretKey: who.secretKey,
      trials,
      callsPerTrial: 8,
      longestMs: 300,
      random: systemRandom,
      charges,
    })
    process.stdout.write(`${scheme} ${JSON.stringify(table)}\n`)
    expect(table).toMatchObject({ chargedTwice: 0, failed: [], calls: table.answered + table.lost })
    expect(table.mostLostByOneKill).toBeLessThanOrEqual(1)
    expect(table.chargedOnce).toBe(table.calls)
    await seller.close()
  },
  1_800_000,
)
