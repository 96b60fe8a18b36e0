/** One paywall, one 402, two wires: stock clients of both and our own pay it, at the same prices and from the same books. */
import { join } from 'node:path'
import { bytesToHex, systemClock, systemRandom } from '@koinon/base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { payingFetch, receiptOf } from '../client/paying-fetch.ts'
import { CooperativeRefund } from '../provider/channel-refund.ts'
import type { PayerChannel } from '../rules/payer-channel.ts'
import { startNetwork, type TestNetwork } from '../testing/chain.ts'
import { seed, temporaryFolder } from '../testing/fixtures.ts'
import { testPayer } from '../testing/payer-fixtures.ts'
import { startSeller, type TestSeller } from '../testing/seller.ts'
import { collector, dollarOf } from '../testing/settlement.ts'
import { stockFetch } from '../testing/stock-clients.ts'
import { stockMppxFetch } from '../testing/stock-mppx.ts'
import { x402Wire } from '../x402/client/x402-wire.ts'
import { createMppClientWire } from './client/mpp-wire.ts'
import { type MppOffer, readOffers } from './client/offers.ts'
import { MppDoor } from './provider/mpp-door.ts'
import { createMppWire } from './provider/mpp-wire.ts'
import { formatCredential } from './rules/credential.ts'
import { parseReceipt } from './rules/receipt.ts'
import { type SessionTerms, sessionPayload } from './rules/session.ts'

type Funded = Awaited<ReturnType<TestNetwork['fund']>>
const folder = temporaryFolder()
let network: TestNetwork
let [account, payer, other, gas] = [] as unknown as [Funded, Funded, Funded, Funded]
let seller: TestSeller

beforeAll(async () => {
  network = await startNetwork()
  const funded = await Promise.all(['seller', 'payer', 'other', 'gas'].map((name) => network.fund(name)))
  ;[account, payer, other, gas] = funded as [Funded, Funded, Funded, Funded]
  const session = {
    ...network.domain,
    depositCollector: collector,
    receiver: account.address,
    receiverAuthorizer: account.address,
    token: dollarOf(network).token,
    withdrawDelaySeconds: 900,
  } as const
  const secrets = { keys: [seed('wall')], realm: '127.0.0.1' }
  seller = await startSeller(network, account, gas, {
    path: join(folder.path, 'seller.db'),
    wires: (_, book) => {
      const configOf = (channelId: `0x${string}`) => book.get(channelId)?.config
      const door = new MppDoor({ ...secrets, clock: systemClock, random: systemRandom, session, configOf })
      const { reader } = network
      const refunder = new CooperativeRefund({
        book,
        reader,
        sender: account.sender,
        clock: systemClock,
        leastPartAtomic: 1n,
      })
      return [createMppWire({ door, clock: systemClock, refunder })]
    },
  })
})

afterAll(async () => {
  await seller.close()
  await network.close()
  folder.remove()
})

const mppxFetch = (spy: typeof fetch = fetch) => stockMppxFetch(network, payer.secretKey, spy)
const x402Fetch = () => stockFetch(network, payer, 'exact')

describe('one 402', () => {
  it('speaks to both', async () => {
    const response = await fetch(`${seller.url}/paid`)
    expect(response.status).toBe(402)
    expect(response.headers.get('payment-required')).toMatch(/^ey/)
    expect(response.headers.get('www-authenticate')).toMatch(
      /^Payment id=.*intent="session".*, Payment id=.*intent="charge"/,
    )
    expect(await response.json()).toMatchObject({
      x402Version: 2,
      type: expect.stringMatching(/payment-required$/),
      status: 402,
    })
  })

  it.each([
    ['a stock mppx client', mppxFetch, 'payment-receipt'],
    ['a stock x402 client', x402Fetch, 'payment-response'],
  ])('is paid by %s', async (_, client, header) => {
    const before = await network.dollarsOf(account.address)
    const response = await client()(`${seller.url}/shared`, { method: 'POST', body: '{"q":1}' })
    expect([response.status, response.headers.has(header)]).toEqual([200, true])
    expect(await network.dollarsOf(account.address)).toBe(before + 1_000n)
  })

  it('is paid by ours, by channel and exactly, whichever wire comes first', async () => {
    const mppWire = createMppClientWire()
    const wires = [[mppWire], [mppWire, x402Wire], [x402Wire, mppWire]]
    for (const prefer of ['channel', 'exact'] as const) {
      for (const [index, list] of wires.entries()) {
        const payerOf = testPayer(network, other.secretKey, { prefer, purpose: `${prefer} ${index}` })
        const pay = payingFetch({ payer: payerOf, wires: list })
        for (let call = 0; call < 2; call++) {
          const response = await pay(`${seller.url}/ours/${prefer}/${index}`, { method: 'POST', body: `${call}` })
          expect(await response.json()).toEqual({ run: call + 1 })
          expect(receiptOf(response)).toMatchObject({ backEnd: prefer, chargedAtomic: 1_000n, isStated: true })
        }
        expect(payerOf.spent()).toBe(2_000n)
        expect(payerOf.openCalls()).toEqual([])
      }
    }
  })

  it('is paid by ours with the first request: over MPP of the very same call, over x402 of the same path', async () => {
    const path = `${seller.url}/remembered`
    for (const wire of [createMppClientWire(), x402Wire]) {
      let requests = 0
      const counting: typeof fetch = (input, init) => {
        requests++
        return fetch(input, init)
      }
      const payerOf = testPayer(network, other.secretKey, { purpose: `remembers ${wire.name}` })
      const pay = payingFetch({ payer: payerOf, wires: [wire], fetch: counting })
      const sent: number[] = []
      for (const body of ['same', 'same', 'same', 'other', 'other']) {
        requests = 0
        expect((await pay(path, { method: 'POST', body })).status).toBe(200)
        sent.push(requests)
      }
      expect(sent).toEqual(wire.name === 'mpp' ? [2, 1, 1, 2, 1] : [2, 1, 1, 1, 1])
      expect([payerOf.spent(), payerOf.openCalls()]).toEqual([5_000n, []])
    }
  })

  it('tells a payer that lost count where its channel stands, which signs anew', async () => {
    const again = testPayer(network, other.secretKey, { prefer: 'channel', purpose: 'channel 0' })
    const response = await payingFetch({ payer: again, wires: [createMppClientWire()] })(`${seller.url}/ours/amnesia`)
    expect(response.status).toBe(200)
    expect(again.channels()[0]).toMatchObject({ owedAtomic: 3_000n })
  })

  it('gives the rest of a channel back to who closes its session, and to nobody else', async () => {
    const payerOf = testPayer(network, other.secretKey, { prefer: 'channel', purpose: 'closing' })
    const url = `${seller.url}/closing`
    await payingFetch({ payer: payerOf, wires: [createMppClientWire()] })(url)
    const { config, depositAtomic, channelId } = payerOf.channels()[0] as PayerChannel
    const response = await fetch(url)
    const options = { nowMs: Date.now(), assetOf: () => dollarOf(network) }
    const header = response.headers.get('www-authenticate') as string
    const offers = readOffers(header, { url, method: 'GET' }, undefined, options)
    const { challenge, session } = offers.find((offer) => offer.session !== undefined) as MppOffer
    const close = (signer: Funded, maxClaimableAtomic: bigint) => {
      const voucher = signer.signer.sign({ channelId, maxClaimableAtomic })
      const payload = {
        ...sessionPayload({ backEnd: 'channel', config, voucher }, session as SessionTerms),
        action: 'close',
      }
      return fetch(url, { headers: { authorization: formatCredential({ challenge, payload }) } })
    }
    const before = await network.dollarsOf(other.address)
    expect([(await close(gas, 1_000n)).status, (await close(other, 2_000n)).status]).toEqual([402, 402])
    const closed = await close(other, 1_000n)
    expect([closed.status, parseReceipt(closed.headers.get('payment-receipt') as string)]).toMatchObject([
      200,
      { channelId, spent: '1000', txHash: expect.stringMatching(/^0x/) },
    ])
    expect(await network.dollarsOf(other.address)).toBe(before + depositAtomic - 1_000n)
    expect(seller.runs.get('/closing')).toBe(1)
  })

  it('hears a call again by its name, over either wire, without work or charge', async () => {
    const [before, pay] = [await network.dollarsOf(account.address), mppxFetch()]
    const headers = { 'idempotency-key': bytesToHex(systemRandom(16)).slice(2) }
    const answers = [await pay(`${seller.url}/named`, { headers }), await pay(`${seller.url}/named`, { headers })]
    expect(await Promise.all(answers.map((answer) => answer.json()))).toEqual([{ run: 1 }, { run: 1 }])
    expect(await network.dollarsOf(account.address)).toBe(before + 1_000n)
  })

  it('answers a bad credential with a fresh challenge and its reason', async () => {
    for (const [authorization, type] of [
      ['Payment !!!', 'malformed-credential'],
      ['Payment e30', 'malformed-credential'],
    ] as const) {
      const response = await fetch(`${seller.url}/paid`, { headers: { authorization } })
      expect([response.status, response.headers.get('content-type')]).toEqual([402, 'application/problem+json'])
      expect(response.headers.get('www-authenticate')).toMatch(/^Payment id=/)
      expect(await response.json()).toMatchObject({ type: `https://paymentauth.org/problems/${type}` })
    }
    const huge = await fetch(`${seller.url}/paid`, { headers: { authorization: `Payment ${'A'.repeat(1 << 20)}` } })
    expect(huge.status).toBe(431)
    expect((await fetch(`${seller.url}/paid`)).status).toBe(402)
  })

  it('does one run for six replays at once', async () => {
    const sent: string[] = []
    await mppxFetch((input, init) => {
      const value = new Headers(init?.headers).get('authorization')
      if (value === null) return fetch(input, init)
      sent.push(value)
      return Promise.resolve(new Response('kept'))
    })(`${seller.url}/six`)
    const headers = { authorization: sent[0] as string }
    const replies = await Promise.all(Array.from({ length: 6 }, () => fetch(`${seller.url}/six`, { headers })))
    expect(replies.filter(({ ok }) => ok)).toHaveLength(1)
    expect(replies.map(({ status }) => status).filter((status) => ![200, 402, 409].includes(status))).toEqual([])
    expect(seller.runs.get('/six')).toBe(1)
    const elsewhere = await fetch(`${seller.url}/dearer`, { headers })
    expect([elsewhere.status, seller.runs.get('/dearer')]).toEqual([402, undefined])
  })
})
