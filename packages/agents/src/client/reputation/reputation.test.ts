import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytesToHex, hexToBytes, systemRandom, zeroHash } from '@koinon/base'
import { DurableStore, verifySessionNative } from '@koinon/base/node'
import { reputationRegistryAbi, testDollarAbi } from '@koinon/ledger/abis'
import { deployCircleDollar } from '@koinon/ledger/testing'
import { type ReceiptBundle, receiptType } from '@koinon/work'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ContentShelf } from '../../provider/identity/identity-door.ts'
import { contentIdOf } from '../../rules/identity/content-uri.ts'
import { buildFeedbackFile, type FeedbackEvidence, feedbackHash } from '../../rules/reputation/feedback-file.ts'
import { type PaidAgents, startPaidAgents } from '../../testing/paid-agents.ts'
import { checkFeedback } from '../../verifier/reputation/check-feedback.ts'
import { agentRefOf, readAgent, registerAgent } from '../identity/agent-registry.ts'
import { FeedbackBook, feedbackSchema } from './feedback-book.ts'
import { readFeedback } from './read-feedback.ts'
import { readSettledMoney } from './settled-money.ts'

type Account = Awaited<ReturnType<PaidAgents['account']>>
let world: PaidAgents
let agent: Account
let agentId: bigint
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'koinon-feedback-'))
  world = await startPaidAgents()
  agent = await world.account()
  agentId = await registerAgent(world.member(agent), 'https://agent.example/file.json')
}, 60_000)
afterAll(async () => {
  await world?.chain.close()
  rmSync(folder, { recursive: true, force: true })
})

const view = () => world.chain
const rated = async (id = agentId) => {
  const { owner, wallet } = await readAgent(view(), id)
  return { agentId: `${id}`, owner, wallet: wallet ?? owner }
}
const money = async () => readSettledMoney(view(), [await rated()])

/** Gives a feedback with a file of one's own making, and lets a reader check it. */
async function give(
  client: Account,
  evidence: FeedbackEvidence,
  lie: { readonly client?: Account; readonly value?: bigint } = {},
) {
  const file = buildFeedbackFile({
    agent: agentRefOf(view(), agentId),
    client: (lie.client ?? client).address,
    createdAt: '2026-11-22T00:00:00Z',
    value: lie.value ?? 100n,
    valueDecimals: 0,
    tag1: 'starred',
    tag2: '',
    endpoint: '',
    evidence,
  })
  await client.sender.call({
    address: view().network.contracts.reputation,
    abi: reputationRegistryAbi,
    functionName: 'giveFeedback',
    args: [agentId, 100n, 0, 'starred', '', '', '', feedbackHash(file)],
  })
  return checked(client, file)
}

async function checked(client: Account, file: Uint8Array | undefined, callHashes?: readonly `0x${string}`[]) {
  const all = await readFeedback(view(), agentId)
  const feedback = all.filter((item) => item.client === client.address).at(-1)
  if (feedback === undefined) throw new Error('no feedback')
  const { checks, counts } = checkFeedback({
    feedback,
    agent: await readAgent(view(), agentId),
    file,
    money: await money(),
    verifySession: verifySessionNative,
    ...(callHashes === undefined ? {} : { callHashes }),
  })
  return { counts, states: Object.fromEntries(checks.map(({ name, state }) => [name, state])) }
}
const last = (bundles: readonly ReceiptBundle[]) => bundles.at(-1) as ReceiptBundle

describe('FeedbackBook', () => {
  it('writes many paid calls of an epoch as one feedback that anyone can check, once', async () => {
    const client = await world.account()
    const bundles = await world.pay(client, agent, 40)
    const shelf = new ContentShelf()
    const path = join(folder, 'book')
    let store = await DurableStore.open(path, feedbackSchema)
    const open = () => new FeedbackBook({ store, account: world.member(client), publish: (file) => shelf.put(file) })
    for (const [index, bundle] of bundles.entries()) {
      const call = { callId: `call ${index}`, agentId, atMs: 1_000 + index, isSuccess: true, bundle }
      await open().rate(call)
      await open().rate(call)
    }
    await open().rate({ callId: 'failed', agentId, atMs: 1_500, isSuccess: false })
    await open().rate({ callId: 'never paid', agentId: agentId + 1n, atMs: 1_500, isSuccess: false })
    await store.close()
    store = await DurableStore.open(path, feedbackSchema)
    const [written, ...others] = await open().writeEpoch(7, 2_000)
    expect(others).toEqual([])
    expect(written).toMatchObject({ agentId, epoch: 7, calls: 41 })
    const perCall = Number(written?.gasUsed) / 41
    expect(perCall).toBeLessThan(7_000)
    expect(await open().writeEpoch(7, 2_000)).toEqual([])
    const [feedback] = (await readFeedback(view(), agentId)).filter((item) => item.client === client.address)
    expect(feedback).toMatchObject({ value: 9_756n, valueDecimals: 2, tag1: 'successRate', tag2: 'epoch 7', index: 1n })
    const file = shelf.get(contentIdOf(feedback?.uri ?? '') ?? '')
    const hashes = bundles.map(({ hops }) => receiptType.hash((hops[0] as (typeof hops)[number]).receipt))
    expect(await checked(client, file, hashes)).toEqual({
      counts: true,
      states: { self: 'pass', hash: 'pass', statement: 'pass', receipt: 'pass', settled: 'pass', calls: 'pass' },
    })
    expect((await checked(client, file, hashes.slice(1))).states).toMatchObject({ calls: 'fail' })
    await store.close()
  })

  it('finds a feedback that it sent before it was killed, and sends one that it had only meant to', async () => {
    const client = await world.account()
    const bundle = last(await world.pay(client, agent, 1))
    const store = await DurableStore.open(join(folder, 'killed'), feedbackSchema)
    const member = world.member(client)
    let kill: 'before' | 'after' | undefined = 'before'
    const sender = new Proxy(client.sender, {
      get: (target, name) =>
        name === 'address'
          ? target.address
          : async (call: never) => {
              if (kill === 'before') throw new Error('killed before sending')
              const receipt = await target.call(call)
              if (kill === 'after') throw new Error('killed after sending')
              return receipt
            },
    })
    const book = new FeedbackBook({
      store,
      account: { ...member, sender },
      publish: (file) => new ContentShelf().put(file),
    })
    await book.rate({ callId: 'a', agentId, atMs: 1, isSuccess: true, bundle })
    await expect(book.writeEpoch(1, 10)).rejects.toThrow('before')
    kill = 'after'
    await expect(book.writeEpoch(1, 10)).rejects.toThrow('after')
    kill = undefined
    expect(await book.writeEpoch(1, 10)).toMatchObject([{ epoch: 1, gasUsed: undefined }])
    const given = (await readFeedback(view(), agentId)).filter((item) => item.client === client.address)
    expect(given).toHaveLength(1)
    await store.close()
  })

  it('rates nothing that somebody else paid', async () => {
    const [client, other] = [await world.account(), await world.account()]
    const bundle = last(await world.pay(other, agent, 1))
    const store = await DurableStore.open(join(folder, 'other'), feedbackSchema)
    const book = new FeedbackBook({ store, account: world.member(client), publish: () => '' })
    await expect(book.rate({ callId: 'x', agentId, atMs: 1, isSuccess: true, bundle })).rejects.toMatchObject({
      code: 'agents/not-payer',
    })
    await store.close()
  })
})

describe('checkFeedback', () => {
  it('counts a transfer that the reviewer signed over to the agent', async () => {
    const client = await world.account()
    const { dollar } = view().network.contracts
    const terms = {
      from: client.address,
      to: agent.address,
      value: 50_000n,
      validAfter: 0n,
      validBefore: 2n ** 40n,
      nonce: bytesToHex(systemRandom(32)),
    }
    const signature = await privateKeyToAccount(client.privateKey).signTypedData({
      domain: { name: 'Test Dollar', version: '1', chainId: view().network.chainId, verifyingContract: dollar },
      types: {
        TransferWithAuthorization: [
          { name: 'from', type: 'address' },
          { name: 'to', type: 'address' },
          { name: 'value', type: 'uint256' },
          { name: 'validAfter', type: 'uint256' },
          { name: 'validBefore', type: 'uint256' },
          { name: 'nonce', type: 'bytes32' },
        ],
      },
      primaryType: 'TransferWithAuthorization',
      message: terms,
    })
    const { transactionHash } = await agent.sender.call({
      address: dollar,
      abi: testDollarAbi,
      functionName: 'transferWithAuthorization',
      args: [terms.from, terms.to, terms.value, terms.validAfter, terms.validBefore, terms.nonce, signature],
    })
    expect(await give(client, { transaction: transactionHash })).toMatchObject({
      counts: true,
      states: { transaction: 'pass' },
    })
    expect((await money()).payments).toContainEqual({
      payer: client.address,
      payee: agent.address,
      amountAtomic: 50_000n,
    })
    const thief = await world.account()
    expect(await give(thief, { transaction: transactionHash })).toMatchObject({
      counts: false,
      states: { transaction: 'fail' },
    })
  })

  it('counts no feedback without a payment, and none whose file nobody has', async () => {
    const client = await world.account()
    expect(await give(client, {})).toMatchObject({ counts: false, states: { settled: 'fail' } })
    expect(await checked(client, undefined)).toMatchObject({ counts: false, states: { file: 'notChecked' } })
    expect(await give(client, { transaction: zeroHash })).toMatchObject({
      counts: false,
      states: { transaction: 'fail' },
    })
  })

  it("does not count another's receipt, an unsettled one, one in worthless money, or one for another agent", async () => {
    const [client, other, elsewhere] = [await world.account(), await world.account(), await world.account()]
    const stolen = last(await world.pay(other, agent, 1))
    expect(await give(client, { bundle: stolen })).toMatchObject({
      counts: false,
      states: { receipt: 'fail', settled: 'fail' },
    })
    const unsettled = last(await world.pay(client, agent, 1, { isClaimed: false }))
    expect(await give(client, { bundle: unsettled })).toMatchObject({
      counts: false,
      states: { receipt: 'pass', settled: 'fail' },
    })
    const token = await deployCircleDollar(client.sender)
    const worthless = last(await world.pay(client, agent, 1, { token }))
    expect(await give(client, { bundle: worthless })).toMatchObject({ counts: false, states: { settled: 'fail' } })
    const foreign = last(await world.pay(client, elsewhere, 1))
    expect(await give(client, { bundle: foreign })).toMatchObject({ counts: false, states: { receipt: 'fail' } })
  })

  it('does not count a forged receipt, nor a file that says something else than the ledger', async () => {
    const client = await world.account()
    const good = last(await world.pay(client, agent, 1))
    const hop = good.hops[0] as (typeof good.hops)[number]
    const forged: ReceiptBundle = {
      v: 1,
      hops: [{ ...hop, receipt: { ...hop.receipt, cumulativePicoUsd: 10n ** 20n } }],
    }
    expect(await give(client, { bundle: forged })).toMatchObject({ counts: false, states: { receipt: 'fail' } })
    expect(await give(client, { bundle: good }, { value: 1n })).toMatchObject({
      counts: false,
      states: { statement: 'fail' },
    })
    expect(await give(client, { bundle: good }, { client: agent })).toMatchObject({
      counts: false,
      states: { statement: 'fail' },
    })
    expect(await give(client, { bundle: good })).toMatchObject({ counts: true })
    const swapped = hexToBytes('0x7b7d')
    expect(await checked(client, swapped)).toMatchObject({ counts: false, states: { hash: 'fail' } })
  })

  it('does not count what was taken back', async () => {
    const client = await world.account()
    const bundle = last(await world.pay(client, agent, 1))
    await give(client, { bundle })
    const { reputation } = view().network.contracts
    await client.sender.call({
      address: reputation,
      abi: reputationRegistryAbi,
      functionName: 'revokeFeedback',
      args: [agentId, 1n],
    })
    expect(await checked(client, undefined)).toMatchObject({ counts: false, states: { revoked: 'fail' } })
  })
})

it('sees money that an agent sends back to its customers, and takes no deposit for a payment', async () => {
  const client = await world.account()
  await world.pay(client, agent, 3)
  const { dollar, channels } = view().network.contracts
  const errand = await world.chain.account()
  const transfer = { address: dollar, abi: testDollarAbi, functionName: 'transfer' } as const
  await agent.sender.call({ ...transfer, args: [errand.address, 30_000n] })
  await errand.sender.call({ ...transfer, args: [client.address, 30_000n] })
  const { payments, fundings } = await money()
  expect(payments).toContainEqual({ payer: client.address, payee: agent.address, amountAtomic: 30_000n })
  expect(payments.every(({ payee }) => payee !== channels)).toBe(true)
  expect(fundings.map(({ from, to, amountAtomic }) => ({ from, to, amountAtomic }))).toEqual(
    expect.arrayContaining([
      { from: agent.address, to: errand.address, amountAtomic: 30_000n },
      { from: errand.address, to: client.address, amountAtomic: 30_000n },
    ]),
  )
})
