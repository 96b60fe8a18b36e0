/** Pages that were paid for once, over the test network: the published client and ours come back, strangers do not. */
import { join } from 'node:path'
import { bytesToHex, type Hex, signDigest, systemRandom } from '@koinon/base'
import { createSIWxClientExtension } from '@x402/extensions/sign-in-with-x'
import { wrapFetchWithPayment } from '@x402/fetch'
import { concat, encodeErrorResult, getContractAddress, numberToHex, parseAbi } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { receiptOf } from '../../client/paying-fetch.ts'
import type { WireRequest } from '../../provider/wire.ts'
import { startNetwork, type TestNetwork } from '../../testing/chain.ts'
import { temporaryFolder } from '../../testing/fixtures.ts'
import { testPayer } from '../../testing/payer-fixtures.ts'
import { startSeller, type TestSeller } from '../../testing/seller.ts'
import { deploySupport } from '../../testing/settlement.ts'
import { stockClient } from '../../testing/stock-clients.ts'
import { listen } from '../../testing/stock-sellers.ts'
import { readPaymentRequired } from '../client/challenge.ts'
import { createPayingFetch } from '../client/create-paying-fetch.ts'
import { signInHeaders } from '../client/sign-in.ts'
import { decodeBase64Json, encodeBase64Json } from '../client/x402-wire.ts'
import { PaidReturns } from './paid-returns.ts'

type Funded = Awaited<ReturnType<TestNetwork['fund']>>

const folder = temporaryFolder()
const hourMs = 3_600_000
let net: TestNetwork
let gas: Funded
let seller: TestSeller
let page = 0

beforeAll(async () => {
  net = await startNetwork()
  const account = await net.fund('seller')
  gas = await net.fund('gas')
  seller = await startSeller(net, account, gas, {
    path: join(folder.path, 'seller.db'),
    returnsMs: hourMs,
    serve: async ({ url }) =>
      url.endsWith('half')
        ? { status: 200, body: 'half', chargedAtomic: 500n }
        : { status: 200, headers: { 'content-type': 'text/plain' }, body: 'page' },
  })
}, 120_000)

afterAll(async () => {
  await seller?.close()
  await net?.close()
  folder.remove()
})

const signerOf = (who: Pick<Funded, 'address' | 'secretKey'>) => ({
  address: who.address,
  signDigest: async (digest: Uint8Array) => signDigest(digest, who.secretKey),
})

/** The demand of a page, and what signs in to it for somebody. */
async function asked(url: string) {
  const response = await fetch(url)
  const raw = readPaymentRequired(decodeBase64Json(response.headers.get('payment-required') as string), '')
  return {
    status: response.status,
    headersOf: (who: Pick<Funded, 'address' | 'secretKey'>, at = url) =>
      signInHeaders({ raw } as never, at, net.network.chainId, signerOf(who)),
  }
}

const statusOf = async (url: string, headers: Readonly<Record<string, string>> | undefined, method = 'GET') =>
  (await fetch(url, { method, headers: { ...headers } })).status

async function bought(name: string): Promise<{ readonly who: Funded; readonly url: string }> {
  const who = await net.fund(name)
  const url = `${seller.url}/page-${++page}?part=1`
  const paid = await createPayingFetch({ payer: testPayer(net, who.secretKey) })(url)
  expect([paid.status, receiptOf(paid)?.chargedAtomic]).toEqual([200, 1_000n])
  return { who, url }
}

describe('a page that was paid for', () => {
  it('is given again to the published client, which signs in and pays once', async () => {
    const who = await net.fund('stock')
    const wallet = privateKeyToAccount(bytesToHex(who.secretKey))
    const client = stockClient(net, who, 'exact').registerExtension(
      createSIWxClientExtension({ signers: [wallet] }) as never,
    )
    const pay = wrapFetchWithPayment(fetch, client) as typeof fetch
    const url = `${seller.url}/page-stock`
    const before = await net.dollarsOf(who.address)
    for (const isPaid of [true, false, false]) {
      const answer = await pay(url)
      expect([answer.status, await answer.text()]).toEqual([200, 'page'])
      expect(answer.headers.has('payment-response')).toBe(isPaid)
    }
    expect(before - (await net.dollarsOf(who.address))).toBe(1_000n)
  })

  it('is given again to ours, also when it was paid out of a channel', async () => {
    const { who, url } = await bought('ours')
    const payer = testPayer(net, who.secretKey, { purpose: 'again' })
    const again = createPayingFetch({
      payer,
      beforePaying: (challenge, at) => signInHeaders(challenge, at, net.network.chainId, signerOf(who)),
    })
    const answer = await again(url)
    expect([answer.status, receiptOf(answer), payer.spent()]).toEqual([200, undefined, 0n])
  })

  it('is given to nobody else, once a signature, for its URL and GET alone', async () => {
    const [{ who, url }, other] = [await bought('buyer'), await bought('other')]
    const { headersOf } = await asked(url)
    const runs = () => [...seller.runs.values()].reduce((sum, count) => sum + count, 0)
    const before = runs()
    expect(await statusOf(url, await headersOf(other.who))).toBe(402)
    const headers = await headersOf(who)
    expect(await statusOf(url, headers, 'POST')).toBe(402)
    expect(await statusOf(`${url}&more=1`, headers)).toBe(402)
    expect(await statusOf(other.url, headers)).toBe(402)
    const stolen = decodeBase64Json(headers?.['sign-in-with-x'] as string) as Record<string, unknown>
    for (const changes of [
      { address: other.who.address },
      { nonce: 'ab'.repeat(32) },
      { issuedAt: new Date(Date.now() + 60_000).toISOString() },
      { signature: '0x00' },
      { nonce: 5 },
    ])
      expect(await statusOf(url, { 'sign-in-with-x': encodeBase64Json({ ...stolen, ...changes }) })).toBe(402)
    expect(await statusOf(url, { 'sign-in-with-x': 'not base64!' })).toBe(402)
    expect(runs()).toBe(before)
    const together = await Promise.all(Array.from({ length: 6 }, () => statusOf(url, headers)))
    expect([together.sort(), runs()]).toEqual([[200, 402, 402, 402, 402, 402], before + 1])
  })

  it('was not sold whole where it cost less than its price', async () => {
    const who = await net.fund('half')
    const url = `${seller.url}/half`
    const paid = await createPayingFetch({ payer: testPayer(net, who.secretKey) })(url)
    expect(receiptOf(paid)?.chargedAtomic).toBe(500n)
    expect(await statusOf(url, await (await asked(url)).headersOf(who))).toBe(402)
  })
})

describe('what may be come back to', () => {
  const request = (url: string, headers: Record<string, string> = {}) =>
    ({ method: 'GET', url, headers, body: new Uint8Array() }) as unknown as WireRequest
  let nowMs = Date.now()
  const returns = (keptMs = hourMs) =>
    new PaidReturns({
      ...{ store: seller.store, reader: net.reader, chainId: net.network.chainId, origin: 'http://shop.test', keptMs },
      ...{ clock: { nowMs: () => nowMs }, random: systemRandom },
    })
  /** Comes in and leaves. */
  const enters = async (shop: PaidReturns, returning: WireRequest): Promise<boolean> => {
    const leave = await shop.admit(returning)
    leave?.()
    return leave !== undefined
  }
  const signed = (shop: PaidReturns, url: string, who: { readonly address: Hex; readonly secretKey: Uint8Array }) =>
    signInHeaders(
      { raw: { extensions: shop.extension(request(url)) } } as never,
      url,
      net.network.chainId,
      signerOf(who),
    ) as Promise<Record<string, string>>

  it('ends with the time of the purchase; a challenge after five minutes and with its process', async () => {
    const url = 'http://shop.test/page'
    const shop = returns()
    await seller.store.write([shop.purchase(request(url), gas.address) as never])
    expect(await enters(shop, request(url, await signed(shop, url, gas)))).toBe(true)
    const early = await signed(shop, url, gas)
    expect(await returns().admit(request(url, early))).toBeUndefined()
    nowMs += 300_000
    expect(await shop.admit(request(url, early))).toBeUndefined()
    expect(await enters(shop, request(url, await signed(shop, url, gas)))).toBe(true)
    nowMs += hourMs
    expect(await shop.admit(request(url, await signed(shop, url, gas)))).toBeUndefined()
    await shop.forget()
    expect(await seller.store.read('select * from paid_returns where payer = ?', [gas.address])).toEqual([])
  })

  it('is one answer of a page and two of a buyer at a time; beyond that nobody is asked to pay', async () => {
    const shop = returns()
    const pages = [1, 2, 3].map((page) => `http://shop.test/many/${page}`)
    await seller.store.write(pages.map((page) => shop.purchase(request(page), gas.address) as never))
    const signedFor = async (page: string) => request(page, await signed(shop, page, gas))
    const enter = async (page: string) => shop.admit(await signedFor(page))
    const [first, second, third] = pages as [string, string, string]
    const [leave] = [await enter(first), await enter(second)]
    const busy = { code: 'payments/returns-busy', details: { status: 429 } }
    await expect(enter(first)).rejects.toMatchObject(busy)
    const late = await signedFor(third)
    await expect(shop.admit(late)).rejects.toMatchObject(busy)
    leave?.()
    expect(await shop.admit(late)).toBeTypeOf('function')
  })

  it('is nothing that was asked with a body', async () => {
    const shop = returns()
    const withBody = { ...request('http://shop.test/search'), body: Uint8Array.of(1) }
    expect([shop.extension(withBody), shop.purchase(withBody, gas.address)]).toEqual([{}, undefined])
  })

  it('is what a contract says its owner signed, where the contract paid', async () => {
    const factory = await deploySupport(gas.sender, 'wallet-factory')
    const abi = parseAbi([
      'function create(address key, bool burns) returns (address)',
      'function addressOf(address key, bool burns) view returns (address)',
    ])
    const args = [gas.address, false] as const
    await gas.sender.call({ address: factory, abi, functionName: 'create', args })
    const address = (
      await net.reader.readContract({ address: factory, abi, functionName: 'addressOf', args })
    ).toLowerCase() as Hex
    const url = 'http://shop.test/contract'
    const shop = returns()
    await seller.store.write([shop.purchase(request(url), address) as never])
    const stranger = { address, secretKey: (await net.fund('stranger')).secretKey }
    expect(await shop.admit(request(url, await signed(shop, url, stranger)))).toBeUndefined()
    expect(await enters(shop, request(url, await signed(shop, url, { address, secretKey: gas.secretKey })))).toBe(true)
  })

  it('is never asked for at a URL that a contract names', async () => {
    let hits = 0
    const listener = await listen((_incoming, response) => void response.writeHead(200).end(String(++hits)))
    const nonce = BigInt(await net.reader.getTransactionCount({ address: gas.address }))
    const address = getContractAddress({ from: gas.address, nonce }).toLowerCase() as Hex
    const abi = parseAbi(['error OffchainLookup(address, string[], bytes, bytes4, bytes)'])
    const data = encodeErrorResult({
      abi,
      args: [address, [`${listener.url}/{sender}/{data}`], '0x', '0x00000000', '0x'],
    })
    await gas.sender.send({ data: returning(reverting(data)) }, 'deploying a contract that looks things up')
    expect(await net.reader.getCode({ address })).toBe(reverting(data))
    const url = 'http://shop.test/lookup'
    const shop = returns()
    await seller.store.write([shop.purchase(request(url), address) as never])
    const headers = await signed(shop, url, { address, secretKey: gas.secretKey })
    expect([await shop.admit(request(url, headers)), hits]).toEqual([undefined, 0])
    await listener.close()
  })
})

/** Code that ends with `opcode` over the bytes behind it. */
const copying = (opcode: string, bytes: Hex): Hex =>
  concat(['0x61', numberToHex((bytes.length - 2) / 2, { size: 2 }), '0x80600a3d393d', `0x${opcode}`, bytes])
const reverting = (bytes: Hex) => copying('fd', bytes)
const returning = (bytes: Hex) => copying('f3', bytes)
