import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytesToHex, type Hex, secretKeyToAddress, sha256Hex, systemClock, systemRandom } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { nodeRequestHeader, signNodeRequest } from '@koinon/work'
import { RequestGate } from '@koinon/work/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPeerClient } from '../client/index.ts'
import { epochWindow } from '../rules/index.ts'
import { answerOf } from '../rules/subnet-file/task-answer.ts'
import { newSession } from '../testing/test-peers.ts'
import { TaskAnswerStore, taskAnswerStoreSchema } from './task-answer-store.ts'
import { createTaskEvidenceHandler } from './task-evidence-handler.ts'

const [chainId, netuid, epoch] = [7, 2, 5]
const clock = {
  genesisSeconds: 1_000,
  epochSeconds: 100,
  workCommitSeconds: 10,
  weightCommitSeconds: 20,
  weightRevealSeconds: 10,
  activationDelaySeconds: 5,
}
const account = (privateKey: Hex) => secretKeyToAddress(Buffer.from(privateKey.slice(2), 'hex'))
const [miner, validator, stranger] = [0, 1, 2].map(() => bytesToHex(systemRandom(32))) as [Hex, Hex, Hex]
const answer = answerOf('{"v":1,"response":{"twice":4}}')
const { workCommitEndsAtSeconds } = epochWindow(clock, epoch)
let now = workCommitEndsAtSeconds - 1
let folder: string
let durable: DurableStore
let server: Server
let endpoint: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'koinon-evidence-'))
  durable = await DurableStore.open(join(folder, 'store.db'), taskAnswerStoreSchema)
  const store = new TaskAnswerStore(durable)
  await store.save(netuid, epoch, [{ task: 0, ...answer }], 0)
  const handle = createTaskEvidenceHandler({
    netuid,
    store,
    ledger: { clock: async () => clock, nowSeconds: async () => now },
    gate: new RequestGate({ chainId, recipient: account(miner), clock: systemClock }),
    mayRead: async (reader) => reader === account(validator),
  })
  server = createServer(async (request, response) => {
    if (!(await handle(request, response))) response.writeHead(418).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endpoint = `http://127.0.0.1:${(server.address() as { port: number }).port}`
})
afterAll(async () => {
  server.close()
  server.closeAllConnections()
  await durable.close()
  rmSync(folder, { recursive: true, force: true })
})

const path = `/v1/evidence/${answer.requestId}`
function ask(privateKey: Hex, asked = path): Promise<unknown> {
  const session = newSession(chainId, privateKey)
  const client = createPeerClient({
    session: () => session,
    clock: systemClock,
    random: systemRandom,
    timeoutMs: 20_000,
  })
  return client.getJson({ hotkey: account(miner), endpoint }, { path: asked, maximumBytes: 100_000 })
}

describe('an answer of a miner', () => {
  it('is shown to nobody while others could still commit to it', async () => {
    now = workCommitEndsAtSeconds - 1
    expect(await ask(validator)).toBeUndefined()
    now = workCommitEndsAtSeconds
    expect(await ask(validator)).toEqual({ text: answer.text })
  })

  it('is shown to validators only, and only to those who sign that they ask this miner', async () => {
    await expect(ask(stranger)).rejects.toThrow(/status 403/)
    expect((await fetch(`${endpoint}${path}`)).status).toBe(401)
  })

  it('is refused to strangers without remembering their nonces, and shown once for each request', async () => {
    const twice = async (privateKey: Hex): Promise<readonly number[]> => {
      const session = newSession(chainId, privateKey)
      const header = signNodeRequest(
        {
          recipient: account(miner),
          method: 'GET',
          path,
          bodyHash: sha256Hex(''),
          nonce: bytesToHex(systemRandom(16)),
          expiresAtMs: systemClock.nowMs() + 30_000,
        },
        session,
      )
      const get = async () => (await fetch(`${endpoint}${path}`, { headers: { [nodeRequestHeader]: header } })).status
      return [await get(), await get()]
    }
    expect(await twice(stranger)).toEqual([403, 403])
    expect(await twice(validator)).toEqual([200, 409])
  })

  it('is not there when it was never given, and other requests are for others', async () => {
    expect(await ask(validator, `/v1/evidence/0x${'00'.repeat(16)}`)).toBeUndefined()
    for (const other of ['/v1/evidence/0x12', '/v1/work/2/5', `${path}/`])
      await expect(ask(validator, other)).rejects.toThrow(/status 418/)
    expect((await fetch(`${endpoint}${path}`, { method: 'POST' })).status).toBe(418)
  })
})
