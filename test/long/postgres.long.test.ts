/** What is special about an index on PostgreSQL; the whole end-to-end suite runs on it as a stage of its own (vitest.postgres.config.ts). */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, getJson } from '../harness/ask.ts'
import { expectConsistent, killInMidStream, snapshot } from '../harness/group-kills.ts'
import { TestNetwork } from '../harness/network.ts'
import { PostgresServer } from '../harness/postgres-server.ts'
import { waitFor } from '../harness/wait.ts'

const server = new PostgresServer()
let network: TestNetwork

beforeAll(async () => {
  await server.start()
  network = new TestNetwork([], { name: 'postgres', postgresAdminUrl: server.adminUrl })
  await network.start()
})
afterAll(async () => {
  await network?.dispose()
  await server.dispose()
})

describe('an index on PostgreSQL', () => {
  it('keeps nothing of it in the home', async () => {
    expect((await ask(network.ready, { maxTokens: 8 })).status).toBe(200)
    const view = await getJson<{ asOfBlock: number; subnets: [{ neurons: unknown[] }] }>(network.ready, '/api/network')
    expect(view.asOfBlock).toBeGreaterThan(0)
    expect(view.subnets[0].neurons).toHaveLength(5)
    expect(existsSync(join(network.home, 'index', 'PG_VERSION'))).toBe(false)
  })

  it('goes on where it was after Ctrl-C and after kill -9', async () => {
    const before = await snapshot(network)
    expect(await network.stop()).toBe(0)
    await network.start()
    await expectConsistent(network, before, [])
    const again = await snapshot(network)
    await expectConsistent(network, again, await killInMidStream(network, 800))
    await caughtUp()
  })

  it('survives a restart of the server itself: questions are answered meanwhile, the page comes back', async () => {
    await server.stop()
    expect((await ask(network.ready, { maxTokens: 4 })).status).toBe(200)
    await server.start()
    await caughtUp()
  })
})

async function caughtUp(): Promise<void> {
  const { tip } = await snapshot(network)
  await waitFor('the index has caught up', 60_000, async () => {
    const { asOfBlock } = await getJson<{ asOfBlock: number }>(network.ready, '/api/network')
    return asOfBlock >= Number(tip)
  })
}
