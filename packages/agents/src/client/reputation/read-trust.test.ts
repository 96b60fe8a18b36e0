import { reputationRegistryAbi } from '@koinon/ledger/abis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { trustScores } from '../../rules/trust/trust-scores.ts'
import { type PaidAgents, startPaidAgents } from '../../testing/paid-agents.ts'
import { registerAgent } from '../identity/agent-registry.ts'
import { readTrust } from './read-trust.ts'

let world: PaidAgents
beforeAll(async () => {
  world = await startPaidAgents()
}, 60_000)
afterAll(() => world?.chain.close())

it('scores agents by what paying customers say, read from the ledger alone', async () => {
  const [reader, ann, farm, fake] = [
    await world.account(),
    await world.account(),
    await world.account(),
    await world.account(),
  ]
  const [good, praised] = [await world.account(), farm]
  const goodId = await registerAgent(world.member(good), 'https://good.example/x')
  const farmId = await registerAgent(world.member(praised), 'https://farm.example/x')
  await world.pay(reader, good, 2)
  await world.pay(ann, good, 5)
  await world.pay(fake, farm, 900)
  const rate = (client: typeof ann, agentId: bigint, value: bigint, tag = 'successRate') =>
    client.sender.call({
      address: world.chain.network.contracts.reputation,
      abi: reputationRegistryAbi,
      functionName: 'giveFeedback',
      args: [agentId, value, 2, tag, '', '', '', `0x${'00'.repeat(32)}`],
    })
  await rate(ann, goodId, 9_500n)
  await rate(ann, goodId, 56_000n, 'responseTime')
  await rate(fake, farmId, 10_000n)
  await rate(fake, goodId, 0n)
  const input = await readTrust(world.chain, [{ account: reader.address, weight: 1n }])
  const scores = new Map(trustScores(input).map((score) => [score.agentId, score]))
  expect(scores.get(`${goodId}`)).toMatchObject({
    rank: 1,
    counted: [{ reviewer: ann.address, valueMicro: 950_000, keptAtomic: 50_000n }],
    leftOut: [{ reviewer: fake.address, reason: 'noPayment' }],
  })
  expect(scores.get(`${farmId}`)).toMatchObject({ scoreMicro: 500_000, leftOut: [{ reason: 'noInfluence' }] })
})
