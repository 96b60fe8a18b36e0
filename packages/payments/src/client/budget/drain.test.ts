/** The drain theorem of specs/0025 section 8: a hostile prompt with every method of the signer, hostile servers, crashes, clocks and all. */
import { bytesToHex, type Hex, signDigest } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Autonomy, autonomyLevels, type BudgetGrant, budgetGrantHash } from '../../rules/budget/grant.ts'
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
import { BudgetWorld, type WriteFault } from '../../testing/budget-world.ts'
import { party, seed, temporaryFolder, testDomain } from '../../testing/fixtures.ts'
import { type BudgetAnswer, BudgetSigner } from './budget-signer.ts'
import { budgetSchema } from './schema.ts'

const folder = temporaryFolder()
let store: DurableStore
let runs = 0
const receivers = ['alice', 'bob', 'thief'].map((name) => party(name).address)

beforeAll(async () => {
  store = await DurableStore.open(`${folder.path}/drain`, budgetSchema)
})
afterAll(async () => {
  await store.close()
  folder.remove()
})

const amounts = fc.oneof(
  { weight: 6, arbitrary: fc.bigInt(20n, 100n) },
  { weight: 3, arbitrary: fc.bigInt(90n, 1_200n) },
  { weight: 1, arbitrary: fc.constant((1n << 128n) - 1n) },
)
const parties = fc.constantFrom('alice', 'alice', 'alice', 'alice', 'alice', 'bob', 'thief')
const ids = fc.nat(60)
const channels = fc.record({
  receiver: parties,
  payer: fc.constantFrom('owner', 'owner', 'owner', 'agent', 'thief'),
  authorizer: fc.constantFrom('agent', 'agent', 'agent', 'agent', 'thief'),
  salt: fc.nat(1),
})
const rails = fc.oneof(
  fc.record({ kind: fc.constant('channel' as const), cumulativeAtomic: fc.bigInt(1n, 300n), channel: channels }),
  fc.record({ kind: fc.constantFrom('exact' as const, 'upTo' as const), after: fc.integer({ min: -10, max: 4_000 }) }),
)
const intents = fc.record({
  kind: fc.constantFrom('payCall', 'payCall', 'deposit', 'transfer', 'fundJob', 'hireJob', 'grantChild'),
  id: ids,
  amountAtomic: amounts,
  receiver: parties,
  service: fc.constantFrom('https://api.example', 'https://api.example', 'https://api.example', 'https://evil.example'),
  path: fc.constantFrom('/v1/chat', '/v1/chat', '/v1/models', '/v1/../admin', '/v2', '/v1/%2e%2e/x'),
  channel: channels,
  rail: rails,
})
type Wish = typeof intents extends fc.Arbitrary<infer wish> ? wish : never

const steps = fc.oneof(
  { weight: 40, arbitrary: fc.record({ step: fc.constant('sign' as const), wish: intents }) },
  {
    weight: 3,
    arbitrary: fc.record({
      step: fc.constant('flood' as const),
      wishes: fc.array(intents, { minLength: 2, maxLength: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('garbage' as const), garbage: fc.anything() }) },
  {
    weight: 8,
    arbitrary: fc.record({ step: fc.constant('conclude' as const), id: ids, isNamed: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ step: fc.constant('forge' as const), id: ids, isApproved: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      step: fc.constant('host clock' as const),
      ms: fc.integer({ min: -50_000_000, max: 90_000_000 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ step: fc.constant('blocks' as const), seconds: fc.nat(2_000) }) },
  {
    weight: 2,
    arbitrary: fc.record({ step: fc.constant('land' as const), percent: fc.constantFrom(100n, 100n, 30n) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      step: fc.constant('crash' as const),
      fault: fc.constantFrom<WriteFault>('none', 'lost before', 'lost after'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ step: fc.constant('ledger away' as const), isAway: fc.constantFrom(true, false, false) }),
  },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('owner revokes' as const), isOnChain: fc.boolean() }) },
)
type Step = typeof steps extends fc.Arbitrary<infer step> ? step : never

function intentOf(wish: Wish, world: BudgetWorld, signer: BudgetSigner, grant: BudgetGrant): unknown {
  const receiver = party(wish.receiver).address
  const channelOf = (channel: Wish['channel']) =>
    budgetChannel({
      payer: party(channel.payer).address,
      payerAuthorizer: party(channel.authorizer).address,
      receiver: party(channel.receiver).address,
      receiverAuthorizer: party(channel.receiver).address,
      salt: intentId(`salt ${channel.salt}`),
    })
  const terms = { kind: wish.kind, ...payment(wish.id, wish.amountAtomic, receiver), service: wish.service }
  if (wish.kind === 'deposit')
    return { ...terms, receiver: party(wish.channel.receiver).address, channel: channelOf(wish.channel) }
  if (wish.kind === 'hireJob') {
    const quote = { deadlineSeconds: 2_000_000_000, nonce: 1n, signature: `0x${'11'.repeat(65)}` }
    return { ...terms, target: party('jobs').address, job: { jobId: 1n }, quote }
  }
  if (wish.kind === 'fundJob') return { ...terms, target: party('jobs').address, jobId: 1n }
  if (wish.kind === 'grantChild') {
    const total = wish.amountAtomic > grant.maxTotalAtomic ? grant.maxTotalAtomic : wish.amountAtomic
    const child = { ...grant, agent: party('helper').address, parentGrant: signer.grantHash, maxTotalAtomic: total }
    return { kind: 'grantChild', id: terms.id, grant: child }
  }
  const { rail } = wish
  const isChannel = rail.kind === 'channel'
  return {
    ...terms,
    ...(isChannel ? { receiver: party(rail.channel.receiver).address } : {}),
    method: 'POST',
    path: wish.path,
    rail: isChannel
      ? { ...rail, channel: channelOf(rail.channel) }
      : {
          kind: rail.kind,
          validBefore: Math.floor(world.hostMs / 1000) + rail.after,
          ...(rail.kind === 'upTo' ? { facilitator: party('thief').address } : {}),
        },
  }
}

/** Plays an adversary's steps and looks after each whether more could be taken than may be. */
async function play(
  list: readonly Step[],
  autonomy: Autonomy,
): Promise<{ readonly taken: bigint; readonly signed: number }> {
  const world = new BudgetWorld()
  const grant = budgetGrant({
    autonomy,
    maxPerPeriodAtomic: 500n,
    maxTotalAtomic: 600n,
    validUntil: budgetStart + 864_000 + runs++,
    contractCalls: [{ target: party('jobs').address, selector: '0xd2e13f50' }],
  })
  const hash = budgetGrantHash(grant, testDomain.chainId)
  const begin = async (): Promise<BudgetSigner> => {
    const signer = new BudgetSigner({
      store: world.storeOf(store),
      grants: [signedGrant(grant)],
      sessionKey: seed('agent'),
      domain: testDomain,
      assetDomain: { name: 'Dollar', version: '1', chainId: testDomain.chainId, verifyingContract: budgetAsset },
      chain: world,
      clock: world.clock,
      maxStalenessMs: 0,
    })
    await signer.start()
    return signer
  }
  let signer = await begin()
  let isRevoked = false
  let childrenAtomic = 0n
  let signed = 0
  let taken = 0n
  const children = new Set<Hex>()

  const sign = async (wish: Wish): Promise<void> => {
    const intent = intentOf(wish, world, signer, grant)
    let answer: BudgetAnswer
    try {
      answer = await signer.sign(intent)
    } catch {
      return
    }
    if (answer.state !== 'signed') {
      expect(autonomy).toBe('propose')
      return
    }
    const parsed = parseBudgetIntent(intent)
    world.heard(parsed, answer)
    signed += 1
    expect(isRevoked).toBe(false)
    expect(['limited', 'full']).toContain(autonomy)
    if (parsed.kind === 'grantChild') {
      if (!children.has(parsed.id)) childrenAtomic += parsed.grant.maxTotalAtomic
      children.add(parsed.id)
      return
    }
    if (autonomy === 'limited') expect(parsed.receiver).toBe(receivers[0])
    if (parsed.kind !== 'deposit') expect(parsed.amountAtomic).toBeLessThanOrEqual(grant.maxPerCallAtomic)
  }

  const act = async (step: Step): Promise<void> => {
    switch (step.step) {
      case 'sign':
        return sign(step.wish)
      case 'flood':
        await Promise.all(step.wishes.map(sign))
        return
      case 'garbage':
        await expect(signer.sign(step.garbage)).rejects.toThrow()
        return
      case 'conclude':
        for (const { id } of [...(await signer.open()), { id: intentId(step.id) }]) {
          // What it names as the transaction is the adversary's word; the world knows what moved.
          await signer.conclude(id, step.isNamed ? intentId(0) : undefined).catch(() => undefined)
        }
        return
      case 'forge': {
        const word = { grant: hash, intent: intentId(step.id), isApproved: step.isApproved }
        const forged = signDigest(budgetApprovalDigest(word, testDomain.chainId), seed('agent'))
        await expect(signer.approve(word, forged)).rejects.toThrow('not signed by the owner')
        const stop = signDigest(budgetRevocationDigest({ grant: hash }, testDomain.chainId), seed('thief'))
        await expect(signer.revoke({ grant: hash }, stop)).rejects.toThrow('not signed by the owner')
        return
      }
      case 'host clock':
        world.hostMs = Math.max(0, world.hostMs + step.ms)
        return
      case 'blocks':
        world.chainSeconds += step.seconds
        return
      case 'land':
        return world.landAll(step.percent)
      case 'crash':
        world.nextWrite = step.fault
        if (step.fault === 'none') signer = await begin()
        return
      case 'ledger away':
        world.isReachable = !step.isAway
        return
      case 'owner revokes':
        if (step.isOnChain) world.revoked = [hash]
        else {
          const signature = signDigest(budgetRevocationDigest({ grant: hash }, testDomain.chainId), seed('owner'))
          await signer.revoke({ grant: hash }, signature).catch(() => undefined)
          world.revoked = [hash]
        }
        isRevoked = true
    }
  }

  for (const step of list) {
    await act(step)
    // Whoever lost a write is dead: another process takes its place.
    if (world.hasDied) {
      world.hasDied = false
      signer = await begin()
    }
    const atRiskAtomic = world.atRiskAtomic + childrenAtomic
    if (atRiskAtomic > taken) taken = atRiskAtomic
    expect(atRiskAtomic).toBeLessThanOrEqual(grant.maxTotalAtomic)
  }
  return { taken, signed }
}

describe('a hostile prompt with every method of the signer', () => {
  it('makes it sign for at most the budget, for listed receivers, in any order of calls, crashes and clocks', async () => {
    let signed = 0
    let most = 0n
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 25, maxLength: 60 }), async (list) => {
        const result = await play(list, 'limited')
        signed += result.signed
        if (result.taken > most) most = result.taken
      }),
      { numRuns: 50, interruptAfterTimeLimit: 40_000 },
    )
    // The adversary is no straw man: it gets nearly everything that it may.
    expect(signed).toBeGreaterThan(100)
    expect(most).toBeGreaterThan(400n)
  }, 60_000)

  it('gets amounts alone under full, and nothing under alert or propose', async () => {
    const others = autonomyLevels.filter((autonomy) => autonomy !== 'limited')
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...others),
        fc.array(steps, { minLength: 5, maxLength: 20 }),
        async (autonomy, list) => {
          const { signed } = await play(list, autonomy)
          if (autonomy !== 'full') expect(signed).toBe(0)
        },
      ),
      { numRuns: 40, interruptAfterTimeLimit: 40_000 },
    )
  }, 60_000)

  it('finds no method that takes text, bytes or a digest to sign, and no key to read', () => {
    const methods = Object.getOwnPropertyNames(BudgetSigner.prototype).sort()
    expect(methods).toEqual([
      ...['agent', 'approve', 'check', 'conclude', 'constructor', 'ending', 'entry', 'entryOf', 'grants', 'leftAtomic'],
      ...['open', 'owner', 'permit', 'proposals', 'revoke', 'sign', 'spent', 'start'],
    ])
    const options = {
      store,
      grants: [signedGrant(budgetGrant())],
      sessionKey: seed('agent'),
      domain: testDomain,
      assetDomain: { name: 'Dollar', version: '1', chainId: 1 },
      chain: new BudgetWorld(),
      clock: { nowMs: () => 0 },
    }
    const signer = new BudgetSigner(options)
    const secret = bytesToHex(seed('agent')).slice(2)
    const shown = JSON.stringify(Object.getOwnPropertyNames(signer).map((name) => Reflect.get(signer, name)))
    expect(`${shown}${JSON.stringify(signer)}`).not.toContain(secret)
  })
})
