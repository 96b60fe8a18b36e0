import { deriveApiKey, keyGrantDigest, unlimitedCreditPicoUsd } from '@koinon/payments/rules'
import { afterEach, describe, expect, it } from 'vitest'
import { HeldEngine } from '../testing/held-engine.ts'
import { testChannel, testDepositAtomic, testDomain, testParty } from '../testing/parties.ts'
import { startTestNetwork, type TestNetwork } from '../testing/test-network.ts'
import { until } from '../testing/wait.ts'

const hello = { model: 'default', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 1_000 }
/** More than 1,000 tokens of output and the prompt's bound cost: 0.2 dollars a million, 1e-6 dollar. */
const oneAnswerAtomic = 300n
let network: TestNetwork | undefined

afterEach(async () => {
  await network?.close()
  network = undefined
})

/** One miner whose only place is taken by the network's own user, and a line of so many places. */
async function fullNetwork(waitingAnswers: number) {
  const engine = new HeldEngine()
  const net = await startTestNetwork({
    providers: [{ engine, limits: { capacity: 1, queue: 0 } }],
    limits: { waitingAnswers, waitTimeoutMs: 60_000 },
  })
  network = net
  const first = net.post('/v1/chat/completions', hello)
  await until('the only place is taken', () => engine.asked === 1)
  return { net, engine, first }
}

/** A key of this party on a channel of its own, that holds so much; asks with it. */
async function keyOf(net: TestNetwork, payer: string, name: string, depositAtomic = testDepositAtomic) {
  const party = testParty(payer)
  const apiKey = deriveApiKey(testParty(`${payer} ${name}`).secretKey)
  const config = testChannel(party.account, apiKey.authorizer, net.gateway.account)
  const { channelId } = await net.till.add(config, 'inbound', unlimitedCreditPicoUsd)
  const grant = { keyHash: apiKey.keyHash, channelId, label: name, validUntil: 4_000_000_000 }
  const signature = await party.delegating.signDigest(keyGrantDigest(grant, testDomain.chainId))
  await net.keys.register(grant, signature, config)
  await net.till.book.observe(channelId, { depositAtomic, claimedAtomic: 0n, status: 'open' })
  return {
    channelId,
    ask: () => net.post('/v1/chat/completions', hello, { authorization: `Bearer ${apiKey.text}` }),
  }
}

async function outcome(asked: Promise<Response>): Promise<string> {
  const response = await asked
  const { error } = (await response.json()) as { error?: { code: string } }
  return `${response.status} ${error?.code ?? 'answered'}`
}

const reservedOn = (net: TestNetwork, channelId: `0x${string}`) => net.till.book.require(channelId).reservedPicoUsd

describe('a key without the money for its question', () => {
  it('does not get into the line, so that others still do', async () => {
    const { net, engine, first } = await fullNetwork(3)
    const poor = await keyOf(net, 'poor', 'key', oneAnswerAtomic / 2n)
    const refused = await Promise.all(Array.from({ length: 5 }, () => outcome(poor.ask())))
    expect(refused).toEqual(Array(5).fill('402 payments/channel-empty'))
    const honest = await keyOf(net, 'honest', 'key')
    const waiting = outcome(honest.ask())
    await until('the honest one waits', () => reservedOn(net, honest.channelId) > 0n)
    engine.open()
    expect([await waiting, (await first).status]).toEqual(['200 answered', 200])
    expect(reservedOn(net, honest.channelId)).toBe(0n)
  })

  it('holds a place for each question that it can pay, and none more', async () => {
    const { net, engine } = await fullNetwork(10)
    const thrifty = await keyOf(net, 'thrifty', 'key', 2n * oneAnswerAtomic)
    const asked = Array.from({ length: 4 }, () => outcome(thrifty.ask()))
    const refused = await Promise.race(asked)
    engine.open()
    expect(refused).toBe('402 payments/channel-empty')
    expect((await Promise.all(asked)).toSorted()).toEqual([
      '200 answered',
      '200 answered',
      '402 payments/channel-empty',
      '402 payments/channel-empty',
    ])
    expect(reservedOn(net, thrifty.channelId)).toBe(0n)
  })
})

describe('a payer that fills the line with all its keys', () => {
  it('hears that it is busy, and others are let in', async () => {
    const { net, engine } = await fullNetwork(4)
    const keys = [await keyOf(net, 'flood', 'one'), await keyOf(net, 'flood', 'two')]
    const flood: Promise<string>[] = []
    for (const { ask, channelId } of keys) {
      flood.push(outcome(ask()), outcome(ask()))
      await until('two of them wait', () => reservedOn(net, channelId) > 400_000_000n)
    }
    expect(await outcome((keys[0] as (typeof keys)[0]).ask())).toBe('503 overloaded')
    const honest = await keyOf(net, 'honest', 'key')
    const waiting = [outcome(honest.ask()), outcome(honest.ask())]
    // The newest two of the flood made room.
    await until('both wait', () => keys.some(({ channelId }) => reservedOn(net, channelId) === 0n))
    engine.open()
    expect(await Promise.all(waiting)).toEqual(['200 answered', '200 answered'])
    expect(await Promise.all(flood)).toEqual(['200 answered', '200 answered', '503 overloaded', '503 overloaded'])
  })
})
