import { systemClock, systemRandom } from '@koinon/base'
import { channelIdOf } from '@koinon/payments/rules'
import { PeerSession } from '@koinon/work/node'
import { Pool } from 'undici'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { temporaryFolder, testChannel, testDomain, testParty, testSession } from '../testing/parties.ts'
import { ScriptedEngine } from '../testing/scripted-engine.ts'
import { startTestProvider, type TestProvider } from '../testing/test-provider.ts'

const gateway = testParty('gateway')
const path = '/v1/models'
const folder = temporaryFolder()
let provider: TestProvider
let pool: Pool
beforeAll(async () => {
  const engine = new ScriptedEngine({ pieces: [' yes'] })
  provider = await startTestProvider({ name: 'provider', engine, gateway: gateway.account, folder: folder.path })
  pool = new Pool(provider.url)
})
afterAll(async () => {
  await pool.close()
  await provider.close()
  folder.remove()
})

/** The id of a session that the gateway may now have with the provider; undefined when it gets none. */
async function sessionOfGateway(): Promise<string | undefined> {
  const own = await testSession(gateway)
  const session = new PeerSession({
    caller: { session: () => own, clock: systemClock, random: systemRandom },
    recipient: provider.party.account,
    endpoint: provider.url,
    transport: async ({ method, path, headers, body, signal }) => {
      const answer = await pool.request({ method, path, headers, body: body ?? null, signal })
      return { status: answer.statusCode, body: answer.body }
    },
  })
  await session.renew(systemClock.nowMs())
  return session.authorize({ method: 'GET', path, bodyHash: `0x${'00'.repeat(32)}` }).sessionId
}

it('keeps sessions for those whose channel can still pay', async () => {
  const { account } = provider.party
  const channelId = channelIdOf(testChannel(gateway.account, gateway.account, account), testDomain)
  const { book } = provider.till
  expect(await sessionOfGateway()).toMatch(/^0x/)
  await book.setStatus(channelId, 'withdrawing')
  expect(await sessionOfGateway()).toMatch(/^0x/)
  await book.setStatus(channelId, 'closed')
  expect(await sessionOfGateway()).toBeUndefined()
})
