import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DurableStore } from '@koinon/base/node'
import type { ReceiptBundle } from '@koinon/work'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PaidAgents, startPaidAgents } from '../../testing/paid-agents.ts'
import { findAgentOf, registerAgent } from '../identity/agent-registry.ts'
import { FeedbackBook, feedbackSchema } from './feedback-book.ts'
import { FeedbackWriter } from './feedback-writer.ts'
import { readFeedback } from './read-feedback.ts'

type Account = Awaited<ReturnType<PaidAgents['account']>>
let world: PaidAgents
let folder: string
let client: Account
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'koinon-writer-'))
  world = await startPaidAgents()
  client = await world.account()
}, 60_000)
afterAll(async () => {
  await world?.chain.close()
  rmSync(folder, { recursive: true, force: true })
})

async function seller(calls: number, isAgent = true) {
  const account = await world.account()
  const agentId = isAgent ? await registerAgent(world.member(account), 'https://seller.example/file.json') : 0n
  return { account, agentId, bundles: await world.pay(client, account, calls) }
}

describe('FeedbackWriter', () => {
  it('writes once an epoch whom it paid most, once although it dies before it hears so', async () => {
    const [many, few, nobody] = [await seller(3), await seller(1), await seller(2, false)]
    const paid = [many, few, nobody].flatMap(({ account, bundles }) =>
      bundles.map((bundle: ReceiptBundle, index) => ({
        ...{ callId: `${account.address} ${index}`, payee: account.address, endedAtMs: 5_000 + index, bundle },
      })),
    )
    let now = { epoch: 1, startsAtMs: 4_000 }
    let store = await DurableStore.open(join(folder, 'book'), feedbackSchema)
    const made = (isDying = false) => {
      const account = { ...world.member(client) }
      const sender = Object.create(account.sender) as typeof account.sender
      sender.call = async (call) => {
        const receipt = await account.sender.call(call as never)
        if (isDying) throw new Error('killed')
        return receipt
      }
      Object.defineProperty(sender, 'address', { value: client.address })
      const book = new FeedbackBook({
        store,
        account: { ...account, sender },
        publish: () => 'ipfs://b',
        mostPerEpoch: 1,
      })
      return new FeedbackWriter({
        book,
        paidSince: async (sinceMs) => paid.filter(({ endedAtMs }) => endedAtMs >= sinceMs),
        agentOf: (payee) => findAgentOf(world.chain, payee),
        epochNow: async () => now,
        clock: { nowMs: () => 10_000 },
      })
    }
    const writer = made(true)
    expect(await writer.look()).toEqual([])
    writer.noteFailure('x', many.account.address)
    now = { epoch: 2, startsAtMs: 20_000 }
    await expect(writer.look()).rejects.toThrow('killed')
    await store.close()
    store = await DurableStore.open(join(folder, 'book'), feedbackSchema)
    const again = made()
    expect(await again.look()).toMatchObject([{ agentId: many.agentId, epoch: 1, calls: 4, gasUsed: undefined }])
    expect(await again.look()).toEqual([])
    const given = await readFeedback(world.chain, many.agentId)
    expect(given.map(({ value, tag2 }) => [value, tag2])).toEqual([[7_500n, 'epoch 1']])
    expect(await readFeedback(world.chain, few.agentId)).toEqual([])
    now = { epoch: 3, startsAtMs: 30_000 }
    expect(await again.look()).toMatchObject([{ agentId: few.agentId, epoch: 2, calls: 1 }])
    now = { epoch: 4, startsAtMs: 40_000 }
    expect(await again.look()).toEqual([])
    await store.close()
  })
})
