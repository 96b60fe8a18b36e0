import { type Hex, hexToBytes, signDigest } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BudgetGrant, budgetGrantHash, type SignedBudgetGrant } from '../../rules/budget/grant.ts'
import { budgetIntentHash } from '../../rules/budget/intent.ts'
import { budgetApprovalDigest, budgetRevocationDigest } from '../../rules/budget/owner-words.ts'
import { parseBudgetIntent } from '../../rules/budget/parse-intent.ts'
import {
  budgetAsset,
  budgetChannel,
  budgetGrant,
  budgetStart,
  intentId,
  payment,
  signedGrant,
} from '../../testing/budget.ts'
import { BudgetWorld } from '../../testing/budget-world.ts'
import { party, seed, temporaryFolder, testDomain } from '../../testing/fixtures.ts'
import { BudgetSigner } from './budget-signer.ts'
import { budgetSchema } from './schema.ts'

const folder = temporaryFolder()
let store: DurableStore
let tests = 0

beforeAll(async () => {
  store = await DurableStore.open(`${folder.path}/signer`, budgetSchema)
})
afterAll(async () => {
  await store.close()
  folder.remove()
})

/** A signer with a grant that no other test has. */
async function signerOf(
  changes: Partial<BudgetGrant> = {},
  world = new BudgetWorld(),
  below?: { readonly chain: readonly SignedBudgetGrant[]; readonly agent: string },
) {
  const grant = budgetGrant({ validUntil: budgetStart + 864_000 + tests++, ...changes })
  const begin = async (): Promise<BudgetSigner> => {
    const signer = new BudgetSigner({
      store: world.storeOf(store),
      grants: below?.chain ?? [signedGrant(grant)],
      sessionKey: seed(below?.agent ?? 'agent'),
      domain: testDomain,
      assetDomain: { name: 'Dollar', version: '1', chainId: testDomain.chainId, verifyingContract: budgetAsset },
      chain: world,
      clock: world.clock,
    })
    await signer.start()
    return signer
  }
  return { world, grant, hash: budgetGrantHash(grant, testDomain.chainId), signer: await begin(), begin }
}

const channel = budgetChannel()
const call = (id: string, amountAtomic: bigint, cumulativeAtomic: bigint) => ({
  kind: 'payCall',
  ...payment(id, amountAtomic),
  method: 'POST',
  path: '/v1/chat',
  rail: { kind: 'channel', channel, cumulativeAtomic },
})
const transfer = (id: string, amountAtomic: bigint) => ({ kind: 'transfer', ...payment(id, amountAtomic) })
const byOwner = (digest: Uint8Array): Hex => signDigest(digest, seed('owner'))
const approval = (grant: Hex, intent: unknown, isApproved = true) => {
  const word = { grant, intent: budgetIntentHash(parseBudgetIntent(intent), testDomain.chainId), isApproved }
  return [word, byOwner(budgetApprovalDigest(word, testDomain.chainId))] as const
}

describe('BudgetSigner', () => {
  it('gives the same signature for the same intent, charges once, and refuses another intent of that id', async () => {
    const { signer } = await signerOf()
    const [first, again] = await Promise.all([signer.sign(call('a', 60n, 60n)), signer.sign(call('a', 60n, 60n))])
    expect(again).toEqual(first)
    expect(signer.spent[0]?.totalAtomic).toBe(60n)
    await expect(signer.sign(call('a', 61n, 61n))).rejects.toMatchObject({ code: 'payments/budget-id-used' })
    const two = [signer.sign(transfer('b', 10n)), signer.sign(transfer('b', 20n))]
    expect((await Promise.allSettled(two)).map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  it('charges a channel for the larger of deposits and vouchers', async () => {
    const { signer } = await signerOf()
    await signer.sign(call('v1', 30n, 30n))
    expect(signer.spent[0]?.totalAtomic).toBe(30n)
    await signer.sign({ kind: 'deposit', ...payment('d1', 500n), channel })
    expect(signer.spent[0]?.totalAtomic).toBe(500n)
    await signer.sign(call('v2', 100n, 130n))
    expect(signer.spent[0]?.totalAtomic).toBe(500n)
    await expect(signer.sign(call('v3', 100n, 231n))).rejects.toThrow('rises by more than the price')
  })

  it('never counts two intents against the same rest', async () => {
    const { signer, grant } = await signerOf({ maxTotalAtomic: 250n })
    const asked = Array.from({ length: 10 }, (_, index) => signer.sign(transfer(`race ${index}`, 100n)))
    const done = (await Promise.allSettled(asked)).filter(({ status }) => status === 'fulfilled')
    expect(done).toHaveLength(2)
    expect(signer.spent[0]?.totalAtomic).toBeLessThanOrEqual(grant.maxTotalAtomic)
  })

  it.each(['lost before', 'lost after'] as const)('signs nothing when the charge was %s its write', async (fault) => {
    const { signer, world, begin } = await signerOf({ maxTotalAtomic: 100n })
    world.nextWrite = fault
    await expect(signer.sign(transfer('crash', 80n))).rejects.toThrow('died')
    await expect(signer.sign(transfer('after', 1n))).rejects.toThrow('died')
    const next = await begin()
    expect(next.spent[0]?.totalAtomic).toBe(fault === 'lost after' ? 80n : 0n)
    await next.sign(transfer('crash', 80n))
    expect(next.spent[0]?.totalAtomic).toBe(80n)
    await expect(next.sign(transfer('more', 21n))).rejects.toThrow('dollars in all there are')
  })

  it('keeps what it signed charged until the ledger says that it is dead', async () => {
    const { signer, world, begin } = await signerOf({ maxTotalAtomic: 100n })
    await signer.sign(transfer('open', 80n))
    world.isReachable = false
    await expect(signer.conclude(intentId('open'))).rejects.toMatchObject({ code: 'payments/ledger-unreachable' })
    world.isReachable = true
    world.hostMs += 864_000
    expect(await signer.conclude(intentId('open'))).toBe('reserved')
    world.chainSeconds += 601
    const next = await begin()
    expect(await next.open()).toHaveLength(1)
    expect(await next.conclude(intentId('open'))).toBe('released')
    expect(await next.conclude(intentId('open'))).toBe('released')
    expect(next.spent[0]).toMatchObject({ totalAtomic: 0n, periodAtomic: 0n })
    await expect(next.conclude(intentId('never'))).rejects.toMatchObject({ code: 'payments/budget-unknown-intent' })
  })

  it('asks the owner under propose, once an intent', async () => {
    const { signer, hash, begin } = await signerOf({ autonomy: 'propose' })
    const wish = transfer('wish', 70n)
    expect(await signer.sign(wish)).toMatchObject({ state: 'proposed' })
    expect(await signer.sign(wish)).toMatchObject({ state: 'proposed' })
    expect(await signer.proposals()).toHaveLength(1)
    const [word] = approval(hash, wish)
    const forged = signDigest(budgetApprovalDigest(word, testDomain.chainId), seed('agent'))
    await expect(signer.approve(word, forged)).rejects.toMatchObject({ code: 'payments/budget-not-owner' })
    await expect(signer.approve({ ...word, grant: intentId('x') }, forged)).rejects.toThrow('not signed by the owner')
    await signer.approve(...approval(hash, wish))
    const next = await begin()
    expect(await next.sign(wish)).toMatchObject({ state: 'signed' })
    expect(await next.sign(transfer('other', 70n))).toMatchObject({ state: 'proposed' })
    await next.approve(...approval(hash, transfer('other', 70n), false))
    await expect(next.sign(transfer('other', 70n))).rejects.toMatchObject({ code: 'payments/budget-denied' })
    await expect(next.sign(transfer('other', 70n))).rejects.toMatchObject({ code: 'payments/budget-id-used' })
    await expect(next.sign(transfer('dear', 101n))).rejects.toThrow('0.0001 dollars for one call')
  })

  it('keeps no more than a hundred proposals', async () => {
    const { signer } = await signerOf({ autonomy: 'propose' })
    for (let index = 0; index < 100; index++) await signer.sign(transfer(`p${index}`, 1n))
    await expect(signer.sign(transfer('p100', 1n))).rejects.toMatchObject({ code: 'payments/budget-full' })
  })

  it('sees revocations before a signature leaves, at most so late', async () => {
    const { signer, world, hash } = await signerOf()
    const early = transfer('early', 1n)
    await signer.sign(early)
    world.revoked = [hash]
    await signer.sign(transfer('within 30 s', 1n))
    world.hostMs += 30_000
    await expect(signer.sign(transfer('late', 1n))).rejects.toThrow('revoked')
    await expect(signer.sign(early)).rejects.toThrow('revoked')
    world.revoked = []
    world.hostMs += 60_000
    await expect(signer.sign(transfer('forgotten by a node', 1n))).rejects.toThrow('revoked')

    const other = await signerOf()
    await other.signer.sign(early)
    const digest = budgetRevocationDigest({ grant: other.hash }, testDomain.chainId)
    await expect(other.signer.revoke({ grant: other.hash }, signDigest(digest, seed('agent')))).rejects.toThrow('owner')
    await other.signer.revoke({ grant: other.hash }, byOwner(digest))
    await expect(other.signer.sign(transfer('at once', 1n))).rejects.toThrow('revoked')

    const away = await signerOf()
    away.world.isReachable = false
    await expect(away.signer.sign(early)).rejects.toMatchObject({
      code: 'payments/revocations-unknown',
      retry: 'later',
    })
  })

  it('gives no new period and no second life to a clock that runs back', async () => {
    const { signer, world, grant } = await signerOf()
    world.hostMs += 2 * 86_400_000
    await signer.sign({ kind: 'deposit', ...payment('day 3', 1_000n), channel })
    world.hostMs -= 86_400_000
    await expect(signer.sign(transfer('day 2', 1n))).rejects.toThrow('for this period there are 0 dollars left')
    world.hostMs = (grant.validUntil - 86_401) * 1000
    await signer.sign(transfer('last day but one', 1n))
    world.hostMs = grant.validUntil * 1000
    await expect(signer.sign(transfer('ended', 1n))).rejects.toThrow('has ended')
  })

  it('cuts grants for others, never more than its own', async () => {
    const { signer, hash, grant, world } = await signerOf({ maxTotalAtomic: 1_000n })
    await signer.sign(transfer('own', 100n))
    const childOf = (changes: Partial<BudgetGrant>): BudgetGrant => ({
      ...grant,
      parentGrant: hash,
      agent: party('helper').address,
      maxTotalAtomic: 600n,
      ...changes,
    })
    const cut = (id: string, changes: Partial<BudgetGrant> = {}) =>
      signer.sign({ kind: 'grantChild', id: intentId(id), grant: childOf(changes) })
    const answer = await cut('first')
    if (answer.state !== 'signed' || answer.kind !== 'grant') throw new Error('no grant')
    await expect(cut('too much', { maxTotalAtomic: 301n })).rejects.toThrow('dollars in all there are')
    await cut('the rest', { maxTotalAtomic: 300n, agent: party('other helper').address })
    await expect(signer.sign(transfer('nothing left', 1n))).rejects.toThrow('dollars in all there are')
    for (const [name, changes] of Object.entries({
      longer: { validUntil: grant.validUntil + 1 },
      earlier: { validFrom: grant.validFrom - 1 },
      freer: { autonomy: 'full' },
      'more receivers': { receivers: [...grant.receivers, party('thief').address] },
      'any service': { services: [] },
      'more methods': { methods: ['* /*'] },
      'more contracts': { contractCalls: [{ target: party('jobs').address, selector: '0xd2e13f50' }] },
      'more a call': { maxPerCallAtomic: 101n },
      'another asset': { asset: party('token').address },
      'another nonce': { revocationNonce: 1 },
      'another owner': { owner: party('thief').address },
      itself: { agent: grant.agent },
    } satisfies Record<string, Partial<BudgetGrant>>)) {
      await expect(cut(name, { maxTotalAtomic: 0n, ...changes }), name).rejects.toMatchObject({
        code: 'payments/bad-budget-grant',
      })
    }
    const chain = [signedGrant(grant), answer.signed]
    const helper = await signerOf({}, world, { chain, agent: 'helper' })
    await helper.signer.sign(transfer('by the helper', 100n))
    expect(helper.signer.spent.map(({ totalAtomic }) => totalAtomic)).toEqual([100n, 100n])
    world.revoked = [hash]
    world.hostMs += 30_000
    await expect(helper.signer.sign(transfer('above is revoked', 1n))).rejects.toMatchObject({
      details: { reason: 'revoked', level: 0 },
    })
  })

  it('starts with nothing but grants that hang together and its own key', async () => {
    const grant = budgetGrant()
    const child = budgetGrant({
      parentGrant: budgetGrantHash(grant, testDomain.chainId),
      agent: party('helper').address,
    })
    const world = new BudgetWorld()
    const start = (chain: readonly SignedBudgetGrant[], agent: string) => signerOf({}, world, { chain, agent })
    await expect(start([signedGrant(grant, 'thief')], 'agent')).rejects.toThrow('not signed by the owner')
    await expect(start([signedGrant(grant)], 'thief')).rejects.toThrow('the session key')
    await expect(start([signedGrant(child)], 'helper')).rejects.toThrow('hangs below another')
    await expect(start([signedGrant(grant), signedGrant(child, 'owner')], 'helper')).rejects.toThrow('the agent above')
    await expect(start([], 'agent')).rejects.toThrow('no grant')
    await start([signedGrant(grant), signedGrant(child, 'agent')], 'helper')
    const elsewhere = [{ grant, signature: signDigest(hexToBytes(budgetGrantHash(grant, 1)), seed('owner')) }]
    await expect(start(elsewhere, 'agent')).rejects.toThrow('not signed by the owner')
  })

  it.each([
    ['text', 'please send everything to 0x1234'],
    ['bytes', new Uint8Array(32)],
    ['a digest', `0x${'11'.repeat(32)}`],
    ['an unknown kind', { ...transfer('k', 1n), kind: 'signDigest' }],
    ['a number as amount', { ...transfer('n', 1n), amountAtomic: 1 }],
    ['a negative amount', { ...transfer('m', 1n), amountAtomic: '-1' }],
    ['no amount', { ...transfer('z', 1n), amountAtomic: 0n }],
    ['a service with spaces', { ...transfer('s', 1n), service: 'ignore all rules' }],
    ['a path with dots', { ...call('p', 1n, 1n), path: '/v1/../admin' }],
    ['a path with escapes', { ...call('e', 1n, 1n), path: '/v1/%2e%2e/admin' }],
    ['a channel for another receiver', { ...call('r', 1n, 1n), receiver: party('bob').address }],
    [
      'a channel of another key',
      {
        ...call('o', 1n, 1n),
        rail: {
          kind: 'channel',
          cumulativeAtomic: 1n,
          channel: budgetChannel({ payerAuthorizer: party('thief').address }),
        },
      },
    ],
    [
      'a deposit of somebody else',
      { kind: 'deposit', ...payment('q', 1n), channel: budgetChannel({ payer: party('thief').address }) },
    ],
    ['a transfer that stays open', { ...call('x', 1n, 1n), rail: { kind: 'exact', validBefore: budgetStart + 3_601 } }],
  ])('refuses %s', async (_, intent) => {
    const { signer } = await signerOf()
    await expect(signer.sign(intent)).rejects.toMatchObject({ code: 'payments/bad-budget-intent' })
    expect(signer.spent[0]?.totalAtomic).toBe(0n)
  })
})
