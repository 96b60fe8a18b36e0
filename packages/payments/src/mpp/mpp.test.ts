/** MPP between stock mppx 0.11 and ours, on a real chain. */
import { bytesToHex, type Hex, signDigest, systemRandom } from '@koinon/base'
import { evm as clientEvm, Mppx as MppxClient } from 'mppx/client'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StepsEnd } from '../client/client-wire.ts'
import { type ChannelConfig, channelIdOf } from '../rules/channel.ts'
import { authorizationDigest } from '../rules/exact.ts'
import type { ChannelCommitment, Commitment } from '../rules/terms.ts'
import { startNetwork, type TestNetwork } from '../testing/chain.ts'
import { configOf } from '../testing/fixtures.ts'
import { startMppShop } from '../testing/mpp-shop.ts'
import { dollarOf, signDeposit } from '../testing/settlement.ts'
import { startMppxSeller } from '../testing/stock-mppx.ts'
import { credentialHeader, type MppOffer, readOffers } from './client/offers.ts'
import { readSteppedStream } from './client/stepped-reader.ts'
import { type MppReceipt, parseReceipt } from './rules/receipt.ts'

type Funded = Awaited<ReturnType<TestNetwork['fund']>>

let network: TestNetwork
let [payer, seller, gas] = [] as unknown as [Funded, Funded, Funded]
let shop: Awaited<ReturnType<typeof startMppShop>>

beforeAll(async () => {
  network = await startNetwork()
  ;[payer, seller, gas] = await Promise.all([network.fund('payer'), network.fund('seller'), network.fund('gas')])
  shop = await startMppShop(network, seller, gas)
})

afterAll(async () => {
  await shop.close()
  await network.close()
})

const account = () => privateKeyToAccount(bytesToHex(payer.secretKey))
/** A stock client, and the credentials it sent. */
function stockClient() {
  const sent: string[] = []
  const spying: typeof fetch = (input, init) => {
    const authorization = new Headers(init?.headers).get('authorization')
    if (authorization !== null) sent.push(authorization)
    return fetch(input, init)
  }
  const { name, version, token } = dollarOf(network)
  const method = clientEvm.charge({
    account: account(),
    authorization: { name, version },
    networks: [network.domain.chainId],
    currencies: [token],
    maxAtomicAmount: '1000',
  })
  return { pay: MppxClient.create({ methods: [method], polyfill: false, fetch: spying }).fetch, sent }
}

async function offersOf(url: string, init: RequestInit = {}): Promise<readonly MppOffer[]> {
  const response = await fetch(url, init)
  expect(response.status).toBe(402)
  const body = new Uint8Array(await new Response(init.body ?? null).arrayBuffer())
  const resource = { url, method: init.method ?? 'GET' }
  const assetOf = () => dollarOf(network)
  return readOffers(response.headers.get('www-authenticate') as string, resource, body, { nowMs: Date.now(), assetOf })
}

/** What our client signs for a charge. */
function signCharge({ terms, charge }: MppOffer): Commitment {
  const { token } = terms.asset
  const { nonce, validBefore } = charge as NonNullable<MppOffer['charge']>
  const unsigned = {
    token,
    from: payer.address,
    to: terms.payTo,
    valueAtomic: terms.maximumAtomic,
    validAfter: 0n,
    validBefore,
    nonce,
  }
  const digest = authorizationDigest(unsigned, terms.asset, terms.chainId)
  return { backEnd: 'exact', authorization: { ...unsigned, signature: signDigest(digest, payer.secretKey) } }
}

let owedAtomic = 0n
const channel = (): ChannelConfig => ({
  ...configOf(payer.address, seller.address, 'mpp'),
  token: dollarOf(network).token,
})
function signVoucher(maxClaimableAtomic: bigint, depositAtomic = 0n): ChannelCommitment {
  const config = channel()
  const voucher = payer.signer.sign({ channelId: channelIdOf(config, network.domain), maxClaimableAtomic })
  if (depositAtomic === 0n) return { backEnd: 'channel', config, voucher }
  return {
    backEnd: 'channel',
    config,
    voucher,
    deposit: signDeposit(payer, dollarOf(network), network.domain, config, depositAtomic),
  }
}
const isSession = ({ session }: MppOffer) => session !== undefined
const paid = (offer: MppOffer, commitment: Commitment, init: RequestInit = {}) => {
  const { name, value } = credentialHeader(offer, commitment)
  return fetch(offer.terms.resource.url, {
    ...init,
    method: offer.terms.resource.method,
    headers: { ...init.headers, [name]: value },
  })
}
const receiptIn = (response: Response) => parseReceipt(response.headers.get('payment-receipt') as string) as MppReceipt

describe('a stock mppx client', () => {
  it('pays our server, which settles before it answers', async () => {
    const before = await network.dollarsOf(seller.address)
    const response = await stockClient().pay(`${shop.url}/paid/a`, { method: 'POST', body: '{"q":1}' })
    expect(response.status).toBe(200)
    expect(receiptIn(response)).toMatchObject({ method: 'evm', intent: 'charge', status: 'success' })
    const { reference } = receiptIn(response)
    expect((await network.reader.getTransactionReceipt({ hash: reference as Hex })).status).toBe('success')
    expect(await network.dollarsOf(seller.address)).toBe(before + 1_000n)
  })

  it('pays once and is served once, however often its proof is sent, here and elsewhere', async () => {
    const before = await network.dollarsOf(seller.address)
    const [client, runs] = [stockClient(), shop.runs.count]
    await client.pay(`${shop.url}/paid/b`, { method: 'POST', body: 'mine' })
    expect(shop.runs.count).toBe(runs + 1)
    const send = (path: string, init: RequestInit) =>
      fetch(shop.url + path, {
        method: 'POST',
        body: 'mine',
        headers: { authorization: client.sent[0] as string },
        ...init,
      })
    const elsewhere = [
      await send('/paid/c', {}),
      await send('/paid/b', { body: 'swapped' }),
      await send('/paid/b', { method: 'PUT' }),
    ]
    const again = await send('/paid/b', {})
    for (const response of [...elsewhere, again]) {
      expect(response.status).toBe(402)
      expect(await response.json()).toMatchObject({ type: expect.stringMatching(/problems\/invalid-challenge$/) })
      expect(response.headers.get('www-authenticate')).toMatch(/^Payment id=/)
      expect(response.headers.get('payment-receipt')).toBeNull()
    }
    expect(shop.runs.count).toBe(runs + 1)
    expect(await network.dollarsOf(seller.address)).toBe(before + 1_000n)
  })

  it('does not run our handler six times with six replays at once', async () => {
    const [offer] = await offersOf(`${shop.url}/paid/six`)
    const commitment = signCharge(offer as MppOffer)
    const [before, runs] = [await network.dollarsOf(seller.address), shop.runs.count]
    const answers = await Promise.all(Array.from({ length: 6 }, () => paid(offer as MppOffer, commitment)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409])
    expect(shop.runs.count).toBe(runs + 1)
    expect(await network.dollarsOf(seller.address)).toBe(before + 1_000n)
  })

  it('refuses a price above its own limit', async () => {
    const { name, version } = dollarOf(network)
    const method = clientEvm.charge({ account: account(), authorization: { name, version }, maxAtomicAmount: '999' })
    const { fetch: pay } = MppxClient.create({ methods: [method], polyfill: false })
    await expect(pay(`${shop.url}/paid/dear`)).rejects.toThrow('maxAtomicAmount')
  })
})

describe('our client', () => {
  it('pays a stock mppx server', async () => {
    const server = await startMppxSeller({ net: network, payee: seller, settler: gas, price: '0.002' })
    const url = `${server.url}/stock`
    const before = await network.dollarsOf(seller.address)
    try {
      const [offer] = await offersOf(url)
      expect(offer?.terms).toMatchObject({ maximumAtomic: 2_000n, payTo: seller.address, backEnds: ['exact'] })
      const response = await paid(offer as MppOffer, signCharge(offer as MppOffer))
      expect([response.status, await response.json()]).toEqual([200, { isServed: true }])
      expect(receiptIn(response).reference).toMatch(/^0x/)
      expect(await network.dollarsOf(seller.address)).toBe(before + 2_000n)
    } finally {
      await server.close()
    }
  })

  it('opens a channel with its first voucher and pays the next calls without a transaction', async () => {
    const url = `${shop.url}/paid/session`
    const first = (await offersOf(url)).find(isSession) as MppOffer
    const opened = await paid(first, signVoucher(1_000n, 6_000n))
    expect([opened.status, receiptIn(opened)]).toMatchObject([
      200,
      { intent: 'session', spent: '1000', acceptedCumulative: '1000' },
    ])
    const next = (await offersOf(url)).find(isSession) as MppOffer
    expect(receiptIn(await paid(next, signVoucher(2_000n)))).toMatchObject({ spent: '2000' })
    owedAtomic = 2_000n
  })

  it('is told what a voucher lacks, and hears a named call again without paying', async () => {
    const url = `${shop.url}/paid/named`
    const offer = (await offersOf(url)).find(isSession) as MppOffer
    const short = await paid(offer, signVoucher(owedAtomic + 999n))
    expect([short.status, await short.json()]).toMatchObject([
      402,
      { type: expect.stringMatching(/insufficient-balance$/), code: 'payments/voucher-short' },
    ])
    const stranger = { ...signVoucher(owedAtomic + 1_000n) }
    const forged = {
      ...stranger,
      voucher: { ...stranger.voucher, signature: gas.signer.sign(stranger.voucher).signature },
    }
    expect(await (await paid(offer, forged)).json()).toMatchObject({
      type: expect.stringMatching(/invalid-signature$/),
    })
    const init = { headers: { 'idempotency-key': bytesToHex(systemRandom(16)).slice(2) } }
    const answer = await (await paid(offer, signVoucher(owedAtomic + 1_000n), init)).text()
    owedAtomic += 1_000n
    const again = await paid(offer, signVoucher(owedAtomic), init)
    expect([again.status, await again.text()]).toEqual([200, answer])
    expect(shop.book.get(signVoucher(1n).voucher.channelId)?.owedPicoUsd).toBe(owedAtomic * 1_000_000n)
  })
})

describe('a stream paid step by step', () => {
  type Play = {
    readonly words: number
    readonly steps: number
    readonly send?: (send: () => Promise<Response>, voucher: number) => Promise<Response>
  }

  /** Reads `/stream/N` for at most so many steps; gives the text, why it ended, and the last receipt. */
  async function play({ words, steps, send = (now) => now() }: Play, onText: (text: string) => void = () => undefined) {
    const url = `${shop.url}/stream/${words}`
    const [offer] = await offersOf(url)
    const commitment = signVoucher(owedAtomic + 100n)
    const response = await paid(offer as MppOffer, commitment)
    expect(response.status).toBe(200)
    let [receipt, vouchers, text] = [undefined as MppReceipt | undefined, 1, '']
    const stream = readSteppedStream(response.body as ReadableStream<Uint8Array>, {
      offer: offer as MppOffer,
      commitment,
      nextCommitment: async (need) => (vouchers++ < steps ? signVoucher(need.requiredCumulativeAtomic) : undefined),
      sendVoucher: ({ name, value }) =>
        send(() => fetch(url, { method: 'HEAD', headers: { [name]: value } }), vouchers),
      onReceipt: (last) => {
        receipt = last
      },
    })
    let end: StepsEnd | undefined
    while (end === undefined) {
      const { done, value } = await stream.next()
      if (done) end = value
      else {
        text += new TextDecoder().decode(value)
        onText(text)
      }
    }
    const { channelId } = commitment.voucher
    const owed = () => (shop.book.get(channelId)?.owedPicoUsd ?? 0n) / 1_000_000n
    return { end, receipt, lines: text.match(/data: word \d+/g) ?? [], text, owed }
  }

  it('costs what was sent, and shows the reader nothing of its payment', async () => {
    const { end, lines, text, receipt } = await play({ words: 7, steps: 10 })
    expect([end, lines.length]).toEqual(['complete', 7])
    expect(text).not.toMatch(/payment-/)
    owedAtomic += 280n
    expect(receipt).toMatchObject({ intent: 'session', spent: owedAtomic.toString() })
  })

  it('stops where the budget stops', async () => {
    const words = shop.runs.words
    const { end, lines, owed } = await play({ words: 1_000, steps: 2 })
    owedAtomic += 160n
    expect([end, lines.length]).toEqual(['budget', 4])
    await expect.poll(owed).toBe(owedAtomic)
    expect(shop.runs.words - words).toBeLessThan(8)
  })

  it('survives vouchers whose answer is lost, that come twice, and forged ones beside them', async () => {
    let lost = 0
    const send = async (now: () => Promise<Response>, voucher: number) => {
      const [response] = await Promise.all([now(), now()])
      if (voucher === 2 && lost++ === 0) throw new Error('the answer was lost')
      return response
    }
    const { end, lines } = await play({ words: 6, steps: 9, send })
    expect([end, lines.length, lost]).toEqual(['complete', 6, 2])
    owedAtomic += 240n
    const [offer] = await offersOf(`${shop.url}/stream/1`)
    const late = await fetch(`${shop.url}/stream/1`, {
      method: 'HEAD',
      headers: { authorization: credentialHeader(offer as MppOffer, signVoucher(owedAtomic + 100n)).value },
    })
    expect(late.status).toBe(402)
  })

  it('ends without a voucher in time, and nobody owes what was not sent', async () => {
    const [offer] = await offersOf(`${shop.url}/stream/9`)
    const text = await (await paid(offer as MppOffer, signVoucher(owedAtomic + 100n))).text()
    owedAtomic += 80n
    expect(text.match(/data: word/g)).toHaveLength(2)
    expect(text).toContain(`"requiredCumulative":"${owedAtomic + 100n}"`)
    expect(text).toMatch(new RegExp(`event: payment-receipt\ndata: .*"spent":"${owedAtomic}"`))
  })
})
