import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Hex, systemClock, systemRandom } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { nodeRequestHeader } from '@koinon/work'
import { RequestGate } from '@koinon/work/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPeerClient } from '../client/index.ts'
import { epochWindow, type WorkItem, workCommitmentOf } from '../rules/index.ts'
import { startTestLedger, type TestLedger, testPhases } from '../testing/test-ledger.ts'
import { connect, newSession } from '../testing/test-peers.ts'
import { WorkCommitter } from './work-committer.ts'
import { createWorkListHandler } from './work-list-handler.ts'
import { WorkStore, workStoreSchema } from './work-store.ts'

const item = (index: number): WorkItem => ({
  receiptHash: `0x${index.toString(16).padStart(64, '0')}`,
  requestId: `0x${index.toString(16).padStart(32, '0')}`,
})

describe('WorkCommitter on the real contracts', () => {
  let ledger: TestLedger
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'koinon-work-'))
    ledger = await startTestLedger()
  })
  afterAll(async () => {
    await ledger.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('commits once, in its phase, and keeps the list over a restart and over receipts that come late', async () => {
    const miner = await setup(ledger, folder, 'restart')
    miner.work.push(item(1), item(2))
    await miner.committer.tick()
    expect(await miner.commitments()).toEqual([])
    await ledger.moveTo(miner.window.endsAtSeconds + 10)
    // Killed after the list is durable and before the ledger heard of it.
    await new WorkStore(miner.durable).save(miner.netuid, 0, miner.work, -1)
    miner.work.push(item(3))
    expect(await miner.committer.listOf(miner.netuid, 0)).toBeUndefined()
    await miner.committer.tick()
    await miner.committer.tick()
    expect(await miner.commitments()).toEqual([
      { hotkey: miner.hotkey, uid: 0, ...workCommitmentOf([item(1), item(2)]) },
    ])
    expect(await miner.committer.listOf(miner.netuid, 0)).toEqual([item(1), item(2)])
    expect(await miner.committer.listOf(miner.netuid + 1, 0)).toBeUndefined()
    await miner.close()
  })

  it('finds its list again when the disk is new, but only the very list it committed', async () => {
    const miner = await setup(ledger, folder, 'first-disk')
    miner.work.push(item(1))
    await ledger.moveTo(miner.window.endsAtSeconds + 10)
    await miner.committer.tick()
    const fresh = await DurableStore.open(join(folder, 'new-disk.sqlite'), workStoreSchema)
    const again = miner.committerWith(new WorkStore(fresh))
    miner.work.push(item(2))
    await again.tick()
    expect(await again.listOf(miner.netuid, 0)).toBeUndefined()
    miner.work.pop()
    await again.tick()
    expect(await again.listOf(miner.netuid, 0)).toEqual([item(1)])
    expect(await miner.commitments()).toHaveLength(1)
    await fresh.close()
    await miner.close()
  })

  it('commits nothing without work and nothing after the phase', async () => {
    const miner = await setup(ledger, folder, 'late')
    await ledger.moveTo(miner.window.endsAtSeconds + 30)
    await miner.committer.tick()
    miner.work.push(item(1))
    await ledger.moveTo(miner.window.workCommitEndsAtSeconds + 1)
    await miner.committer.tick()
    expect(await miner.commitments()).toEqual([])
    await miner.close()
  })

  it('hands its list to validators only, once per signed request', async () => {
    const miner = await setup(ledger, folder, 'served')
    miner.work.push(item(1), item(2))
    await ledger.moveTo(miner.window.endsAtSeconds + 10)
    await miner.committer.tick()
    const [validator, stranger] = [ledger.nextAccount(), ledger.owner]
    const gate = new RequestGate({
      chainId: ledger.network.chainId,
      recipient: miner.hotkey,
      clock: systemClock,
    })
    const handler = createWorkListHandler({
      committer: miner.committer,
      gate,
      mayRead: async (account) => account === validator.address,
      receiptsOf: async (items) => items.map(({ requestId }) => ({ requestId, note: 'as signed' })),
    })
    const headers: (string | undefined)[] = []
    const server = createServer(async (request, response) => {
      headers.push(request.headers[nodeRequestHeader] as string | undefined)
      if (!(await handler(request, response))) response.writeHead(418).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const endpoint = `http://127.0.0.1:${(server.address() as { port: number }).port}`
    const ask = (privateKey: Hex, path: string, hotkey = miner.hotkey) => {
      const session = newSession(ledger.network.chainId, privateKey)
      const client = createPeerClient({
        session: () => session,
        clock: systemClock,
        random: systemRandom,
        timeoutMs: 20_000,
      })
      return client.getJson({ hotkey, endpoint }, { path, maximumBytes: 100_000 })
    }
    const path = `/v1/work/${miner.netuid}/0?offset=1&limit=5`
    try {
      expect(await ask(validator.privateKey, path)).toEqual({
        netuid: miner.netuid,
        epoch: 0,
        count: 2,
        offset: 1,
        receipts: [{ ...item(2), receipt: { requestId: item(2).requestId, note: 'as signed' } }],
      })
      expect(await ask(validator.privateKey, `/v1/work/${miner.netuid}/9`)).toBeUndefined()
      await expect(ask(stranger.privateKey, path)).rejects.toThrow(/status 403/)
      const refused = { [nodeRequestHeader]: headers.at(-1) as string }
      expect((await fetch(`${endpoint}${path}`, { headers: refused })).status).toBe(403)
      await expect(ask(validator.privateKey, path, `0x${'01'.repeat(20)}`)).rejects.toThrow(/status 401/)
      await expect(ask(validator.privateKey, '/other')).rejects.toThrow(/status 418/)
      const replay = await fetch(`${endpoint}${path}`, { headers: { [nodeRequestHeader]: headers[0] as string } })
      expect(replay.status).toBe(409)
      expect((await fetch(`${endpoint}${path}`)).status).toBe(401)
    } finally {
      server.close()
      server.closeAllConnections()
      await miner.close()
    }
  })
})

describe('createPeerClient', () => {
  const session = newSession(1, `0x${'07'.repeat(32)}`)
  const client = createPeerClient({ session: () => session, clock: systemClock, random: systemRandom, timeoutMs: 300 })
  const hotkey: Hex = `0x${'01'.repeat(20)}`

  it('refuses endpoints that are no plain http addresses', async () => {
    for (const endpoint of ['', 'file:///etc/passwd', 'ftp://x', 'http://user:secret@127.0.0.1', 'not a url']) {
      await expect(client.getJson({ hotkey, endpoint }, { path: '/', maximumBytes: 10 })).rejects.toMatchObject({
        code: 'subnets/peer-unreachable',
      })
    }
  })

  it('stops at the size limit, the deadline, a redirect and what is not JSON', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/big') response.end('"'.padEnd(5_000, 'x'))
      if (request.url === '/moved') response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()
      if (request.url === '/text') response.end('<html>')
      if (request.url === '/drip') response.write('{')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const endpoint = `http://127.0.0.1:${(server.address() as { port: number }).port}`
    const codes: string[] = []
    for (const path of ['/big', '/moved', '/text', '/drip', '/silent']) {
      await client
        .getJson({ hotkey, endpoint }, { path, maximumBytes: 1_000 })
        .catch((error: { code: string }) => codes.push(error.code))
    }
    server.close()
    server.closeAllConnections()
    expect(codes).toEqual(
      ['answer', 'unreachable', 'answer', 'unreachable', 'unreachable'].map((reason) => `subnets/peer-${reason}`),
    )
  })
})

async function setup(ledger: TestLedger, folder: string, name: string) {
  const specHash = `0x${'5c'.repeat(32)}` as const
  const { netuid, genesisSeconds } = await ledger.createSubnet(specHash)
  const account = ledger.nextAccount()
  await ledger.join(account, netuid, 'http://127.0.0.1:1')
  const { ledger: chain, writer, hotkey } = connect(ledger.network, account.privateKey)
  const durable = await DurableStore.open(join(folder, `${name}.sqlite`), workStoreSchema)
  const work: WorkItem[] = []
  const committerWith = (store: WorkStore): WorkCommitter =>
    new WorkCommitter({
      netuid,
      ledger: chain,
      writer,
      store,
      workOf: async () => [...work],
      pollMs: 50,
      onError: (error) => {
        throw error
      },
    })
  return {
    netuid,
    hotkey,
    work,
    durable,
    window: epochWindow({ genesisSeconds, ...testPhases }, 0),
    committer: committerWith(new WorkStore(durable)),
    committerWith,
    commitments: () => chain.workCommitments(netuid, 0),
    close: () => durable.close(),
  }
}
