/** What a seller signs of its demands and receipts, read by the published package and by our client. */
import { join } from 'node:path'
import { signDigest, systemClock } from '@koinon/base'
import {
  decodeSignedOffers,
  extractOffersFromPaymentRequired,
  extractReceiptFromResponse,
  findAcceptsObjectFromSignedOffer,
  verifyOfferSignatureEIP712,
  verifyReceiptMatchesOffer,
  verifyReceiptSignatureEIP712,
} from '@x402/extensions/offer-receipt'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { receiptOf } from '../../client/paying-fetch.ts'
import { startNetwork, type TestNetwork } from '../../testing/chain.ts'
import { temporaryFolder } from '../../testing/fixtures.ts'
import { testPayer } from '../../testing/payer-fixtures.ts'
import { startSeller, type TestSeller } from '../../testing/seller.ts'
import { readPaymentRequired } from '../client/challenge.ts'
import { createPayingFetch } from '../client/create-paying-fetch.ts'
import { checkOffer, checkSignedReceipt } from '../client/signed-offers.ts'
import { decodeBase64Json } from '../client/x402-wire.ts'

type Offers = Parameters<typeof decodeSignedOffers>[0]

const folder = temporaryFolder()
let net: TestNetwork
let seller: TestSeller
let account: Awaited<ReturnType<TestNetwork['fund']>>

beforeAll(async () => {
  net = await startNetwork()
  account = await net.fund('seller')
  const { secretKey } = account
  const offerSigner = { clock: systemClock, sign: (digest: Uint8Array) => signDigest(digest, secretKey) }
  seller = await startSeller(net, account, await net.fund('gas'), {
    path: join(folder.path, 'seller.db'),
    x402: { offerSigner },
    price: ({ url }) => (url.endsWith('/exact') ? { backEnds: ['exact'] } : {}),
  })
}, 120_000)

afterAll(async () => {
  await seller?.close()
  await net?.close()
  folder.remove()
})

describe('a seller that signs', () => {
  it('offers each way to pay, and receipts what came by each, as the published package checks them', async () => {
    const url = `${seller.url}/paid`
    const asked = await fetch(url)
    const demand = decodeBase64Json(asked.headers.get('payment-required') as string)
    const required = demand as Parameters<typeof extractOffersFromPaymentRequired>[0]
    const offers = extractOffersFromPaymentRequired(required) as Offers
    expect(offers).toHaveLength(2)
    for (const [index, offer] of offers.entries()) {
      const { signer, payload } = await verifyOfferSignatureEIP712(offer as never)
      expect([signer.toLowerCase(), payload.resourceUrl, payload.amount]).toEqual([account.address, url, '1000'])
      expect(findAcceptsObjectFromSignedOffer(offer, required.accepts)).toBe(required.accepts[index])
      const challenge = readPaymentRequired(demand, '')
      expect(checkOffer(challenge, required.accepts[index] as never)).toEqual({
        format: 'eip712',
        signer: account.address,
      })
    }
  })

  it('signs no offer of a long URL, which each of its offers would repeat', async () => {
    const demand = (await (await fetch(`${seller.url}/paid?${'a'.repeat(2_048)}`)).json()) as { extensions: object }
    expect(demand.extensions).not.toHaveProperty('offer-receipt')
  })

  it('receipts what came by a channel and by a transfer, for its payer and page', async () => {
    const who = await net.fund('buyer')
    const pay = createPayingFetch({ payer: testPayer(net, who.secretKey) })
    for (const [path, backEnd] of [
      ['paid', 'channel'],
      ['exact', 'exact'],
    ]) {
      const url = `${seller.url}/${path}`
      const demand = decodeBase64Json((await fetch(url)).headers.get('payment-required') as string)
      const [offer] = decodeSignedOffers(extractOffersFromPaymentRequired(demand as never))
      const paid = await pay(url)
      expect([paid.status, receiptOf(paid)?.backEnd]).toEqual([200, backEnd])
      const receipt = extractReceiptFromResponse(paid)
      const { signer, payload } = await verifyReceiptSignatureEIP712(receipt as never)
      expect([signer.toLowerCase(), payload.payer]).toEqual([account.address, who.address])
      expect(payload.transaction).toBe(backEnd === 'exact' ? receiptOf(paid)?.transaction : '')
      expect(verifyReceiptMatchesOffer(receipt as never, offer as never, [who.address])).toBe(true)
      expect(verifyReceiptMatchesOffer(receipt as never, offer as never, [account.address])).toBe(false)
      expect(checkSignedReceipt(receiptOf(paid)?.raw, who.address)?.signer).toBe(account.address)
    }
  })
})
