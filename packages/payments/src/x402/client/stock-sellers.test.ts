import { sleep } from '@koinon/base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { payingFetch, receiptOf } from '../../client/paying-fetch.ts'
import { startNetwork, type TestNetwork } from '../../testing/chain.ts'
import { testPayer } from '../../testing/payer-fixtures.ts'
import {
  type Listening,
  listen,
  startExpressSeller,
  startFacilitator,
  startHonoSeller,
  stockPayee,
} from '../../testing/stock-sellers.ts'
import { x402Wire } from './x402-wire.ts'

let net: TestNetwork
let facilitator: Listening
const sellers: Listening[] = []

beforeAll(async () => {
  net = await startNetwork()
  facilitator = await startFacilitator(net)
}, 120_000)

afterAll(async () => {
  for (const seller of sellers) await seller.close()
  await facilitator?.close()
  await net?.close()
})

const post = (body: string): RequestInit => ({ method: 'POST', body })

describe.each([
  ['express', startExpressSeller],
  ['hono', startHonoSeller],
] as const)('a stock %s seller', (name, start) => {
  it('is paid by exact', async () => {
    const seller = await start({
      net,
      facilitatorUrl: facilitator.url,
      schemes: ['exact'],
      handle: (body) => `did ${body}`,
    })
    sellers.push(seller)
    const who = await net.fund(`exact ${name}`)
    const payer = testPayer(net, who.secretKey)
    const pay = payingFetch({ payer, wires: [x402Wire] })
    const before = await net.dollarsOf(stockPayee.address)
    const response = await pay(`${seller.url}/paid`, post('a'))
    expect([response.status, await response.text()]).toEqual([200, 'did a'])
    expect(receiptOf(response)).toMatchObject({ backEnd: 'exact', chargedAtomic: 1_000n, isStated: true })
    expect((await net.dollarsOf(stockPayee.address)) - before).toBe(1_000n)
    expect([payer.spent(), payer.openCalls()]).toEqual([1_000n, []])
  })

  it('is paid by a channel: one deposit for many calls, several at once', async () => {
    const handled: string[] = []
    const seller = await start({
      net,
      facilitatorUrl: facilitator.url,
      handle: async (body) => {
        handled.push(body)
        await sleep(10)
        return body
      },
    })
    sellers.push(seller)
    const who = await net.fund(`batch ${name}`)
    const payer = testPayer(net, who.secretKey)
    const pay = payingFetch({ payer, wires: [x402Wire] })
    const before = await net.dollarsOf(who.address)
    const first = await pay(`${seller.url}/paid`, post('first'))
    expect([first.status, receiptOf(first)?.backEnd]).toEqual([200, 'channel'])
    const rest = await Promise.all(
      Array.from({ length: 12 }, (_, index) => pay(`${seller.url}/paid`, post(`call ${index}`))),
    )
    expect(rest.map(({ status }) => status)).toEqual(rest.map(() => 200))
    expect(rest.map((response) => receiptOf(response)?.chargedAtomic)).toEqual(rest.map(() => 1_000n))
    expect([...handled].sort()).toEqual([...new Set(handled)].sort())
    const [channel] = payer.channels()
    expect(channel).toMatchObject({
      owedAtomic: 13_000n,
      signedAtomic: 13_000n,
      depositAtomic: 20_000n,
      isSerial: true,
    })
    expect(before - (await net.dollarsOf(who.address))).toBe(20_000n)
    // The next deposit comes when this one is used up.
    for (let index = 0; index < 10; index++)
      expect((await pay(`${seller.url}/paid`, post(`more ${index}`))).status).toBe(200)
    expect(payer.channels()[0]).toMatchObject({ owedAtomic: 23_000n, depositAtomic: 40_000n })
    expect(before - (await net.dollarsOf(who.address))).toBe(40_000n)
  })

  it('that fails is asked again with the same payment, and not paid', async () => {
    let failures = 0
    const seller = await start({ net, facilitatorUrl: facilitator.url, handle: () => (failures++ < 1 ? 500 : 'done') })
    sellers.push(seller)
    const who = await net.fund(`failing ${name}`)
    const payer = testPayer(net, who.secretKey)
    const pay = payingFetch({ payer, wires: [x402Wire] })
    const response = await pay(`${seller.url}/paid`, post('a'))
    expect([await response.text(), receiptOf(response)?.chargedAtomic, failures]).toEqual(['done', 1_000n, 2])
    expect(payer.spent()).toBe(1_000n)
  })
})

describe('a facilitator that lies', () => {
  async function lying(
    lie: (verb: string, truth: Record<string, unknown>) => Record<string, unknown>,
  ): Promise<Listening> {
    const liar = await listen(async (request, response) => {
      const verb = (request.url ?? '').slice(1)
      const parts: Buffer[] = []
      for await (const part of request) parts.push(part as Buffer)
      const answer = await fetch(`${facilitator.url}/${verb}`, {
        method: request.method ?? 'GET',
        headers: { 'content-type': 'application/json' },
        ...(parts.length === 0 ? {} : { body: Buffer.concat(parts) }),
      })
      const truth = (await answer.json()) as Record<string, unknown>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(lie(verb, truth)))
    })
    sellers.push(liar)
    return liar
  }

  it('and says that a settlement failed which did not: the payer sees it and does not pay again', async () => {
    const liar = await lying((verb, truth) =>
      verb === 'settle'
        ? { success: false, errorReason: 'timeout', transaction: '', network: truth['network'] }
        : truth,
    )
    const seller = await startHonoSeller({ net, facilitatorUrl: liar.url, schemes: ['exact'], handle: () => 'done' })
    sellers.push(seller)
    const who = await net.fund('lied to')
    const before = await net.dollarsOf(who.address)
    const payer = testPayer(net, who.secretKey)
    const pay = payingFetch({ payer, wires: [x402Wire] })
    await expect(pay(`${seller.url}/paid`, post('a'))).rejects.toMatchObject({ code: 'payments/answer-lost' })
    expect(before - (await net.dollarsOf(who.address))).toBe(1_000n)
    expect([payer.spent(), payer.openCalls()]).toEqual([1_000n, []])
  })

  it('and says that a deposit failed which did not: it is found in the channel and not made again', async () => {
    const liar = await lying((verb, truth) =>
      verb === 'settle' ? { ...truth, success: false, errorReason: 'no gas' } : truth,
    )
    const seller = await startHonoSeller({ net, facilitatorUrl: liar.url, handle: () => 'done' })
    sellers.push(seller)
    const who = await net.fund('deposit lied about')
    const before = await net.dollarsOf(who.address)
    const payer = testPayer(net, who.secretKey)
    const pay = payingFetch({ payer, wires: [x402Wire], concludeMs: 3_000 })
    // The deposit is in the channel; what was signed for the call is all that can be claimed of it.
    await pay(`${seller.url}/paid`, post('a')).catch(() => undefined)
    await pay(`${seller.url}/paid`, post('b')).catch(() => undefined)
    expect(before - (await net.dollarsOf(who.address))).toBe(20_000n)
    const [channel] = payer.channels()
    expect(channel?.depositAtomic).toBe(20_000n)
    expect(channel?.signedAtomic).toBeLessThanOrEqual(2_000n)
  })
})
