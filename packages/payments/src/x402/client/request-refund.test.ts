import { systemRandom } from '@koinon/base'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ChannelOpener } from '../../client/channel-opener.ts'
import { startNetwork, type TestNetwork } from '../../testing/chain.ts'
import { testPayer } from '../../testing/payer-fixtures.ts'
import { type Listening, startFacilitator, startHonoSeller } from '../../testing/stock-sellers.ts'
import { createPayingFetch } from './create-paying-fetch.ts'
import { x402Refund } from './request-refund.ts'

let net: TestNetwork
let facilitator: Listening
let seller: Listening
let url = ''
let aheadMs = 0

beforeAll(async () => {
  net = await startNetwork()
  facilitator = await startFacilitator(net)
  seller = await startHonoSeller({ net, facilitatorUrl: facilitator.url, handle: (body) => body })
  url = `${seller.url}/paid`
}, 120_000)

afterAll(async () => {
  await seller?.close()
  await facilitator?.close()
  await net?.close()
})

it('a stock seller gives back the rest of an idle channel, which is used again later', async () => {
  const who = await net.fund('refunded')
  const payer = testPayer(net, who.secretKey)
  const pay = createPayingFetch({ payer })
  const before = await net.dollarsOf(who.address)
  for (const body of ['a', 'b']) await pay(url, { method: 'POST', body })
  const [idle] = payer.idleChannels(0)
  expect(idle).toMatchObject({ depositAtomic: 20_000n, owedAtomic: 2_000n })
  const channelId = idle?.channelId as `0x${string}`
  expect(await payer.takeBack(channelId, { refund: x402Refund({ url, method: 'POST' }) })).toBe(true)
  expect(before - (await net.dollarsOf(who.address))).toBe(2_000n)
  expect(payer.idleChannels(0)).toEqual([])
  expect((await pay(url, { method: 'POST', body: 'c' })).status).toBe(200)
  expect(payer.channels()[0]).toMatchObject({ owedAtomic: 3_000n, isClosed: false })
})

it('a seller that does not is withdrawn from, and nothing more is signed on that channel', async () => {
  const who = await net.fund('withdrawing')
  const payer = testPayer(net, who.secretKey)
  const pay = createPayingFetch({ payer })
  const before = await net.dollarsOf(who.address)
  await pay(url, { method: 'POST', body: 'a' })
  const opener = new ChannelOpener({
    reader: net.reader,
    sender: who.sender,
    payer: who.account,
    domain: net.domain,
    token: net.network.contracts.dollar,
    collector: net.network.contracts.depositCollector,
    clock: { nowMs: () => Date.now() + aheadMs },
    random: systemRandom,
  })
  const channelId = payer.channels()[0]?.channelId as `0x${string}`
  const ways = { refund: async () => false, withdraw: opener.takeBack.bind(opener) }
  expect(await payer.takeBack(channelId, ways)).toBe(false)
  expect(payer.channels()[0]?.isClosed).toBe(true)
  await net.advanceSeconds(901)
  aheadMs += 901_000
  expect(await payer.takeBack(channelId, ways)).toBe(true)
  // What is owed stays for the seller, whether it has claimed it or not.
  expect(before - (await net.dollarsOf(who.address))).toBe(1_000n)
})
