import { bytesToHex, type Hex, secretKeyToAddress, sha256, utf8ToBytes } from '@koinon/base'
import { defaultHttpLimits, HttpListener, sendJson } from '@koinon/base/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseQuote, quoteToJson, type SignedQuote, signQuote } from './quote.ts'
import { defaultQuoteBookLimits, QuoteBook } from './quote-book.ts'
import { httpQuoteBus } from './quote-bus.ts'
import { parseQuoteRequest, quoteRequestToJson, type SignedQuoteRequest, signQuoteRequest } from './quote-request.ts'
import { quoteRoutes } from './quote-routes.ts'

const settlement = {
  name: 'Koinon Jobs',
  version: '1',
  chainId: 7,
  verifyingContract: `0x${'81'.repeat(20)}`,
} as const
const word = (text: string): Hex => bytesToHex(sha256(utf8ToBytes(text)))
const keyOf = (name: string): Uint8Array => sha256(utf8ToBytes(name))
let nowMs = 1_000_000
const clock = { nowMs: () => nowMs }
const seconds = (): number => Math.floor(nowMs / 1000)

function requestOf(client: string, terms: string, changes: Partial<SignedQuoteRequest> = {}): SignedQuoteRequest {
  const secretKey = keyOf(client)
  const request = {
    kind: 'job',
    settlement,
    client: secretKeyToAddress(secretKey),
    termsHash: word(terms),
    terms: JSON.stringify({ terms }),
    ceilingAtomic: 100n,
    deadlineSeconds: seconds() + 60,
  }
  return signQuoteRequest({ ...request, ...changes }, secretKey)
}

function quoteOf(provider: string, terms: string, priceAtomic: bigint, deadlineSeconds = seconds() + 60): SignedQuote {
  const secretKey = keyOf(provider)
  const quote = { termsHash: word(terms), provider: secretKeyToAddress(secretKey), priceAtomic, deadlineSeconds }
  return signQuote(settlement, { ...quote, nonce: 0n }, secretKey)
}

const refusal = (code: string) => expect.objectContaining({ code })

describe('a book of quotes', () => {
  const book = new QuoteBook({ chainId: 7, contracts: [settlement.verifyingContract] }, clock, {
    ...defaultQuoteBookLimits,
    requests: 4,
    requestsPerClient: 2,
    requestsPerOrigin: 3,
    quotesPerRequest: 2,
  })

  it('takes up what is signed and open, each once', () => {
    book.post(requestOf('ann', 'one'), ['here'])
    book.post(requestOf('ann', 'one'), ['here'])
    expect(book.open('job', 0).requests).toHaveLength(1)
    expect(book.open('lease', 0)).toEqual({ next: 1, requests: [] })
    const tampered = { ...requestOf('ann', 'two'), ceilingAtomic: 1_000n }
    for (const bad of [
      tampered,
      { ...requestOf('ann', 'two'), terms: '{}' },
      requestOf('ann', 'two', { deadlineSeconds: seconds() }),
      requestOf('ann', 'two', { deadlineSeconds: seconds() + 86_401 }),
      requestOf('ann', 'two', { settlement: { ...settlement, chainId: 8 } }),
      requestOf('bob', 'one'),
    ])
      expect(() => book.post(bad, ['here'])).toThrow(refusal('work/quote-request-refused'))
  })

  it('is full for one client and for one origin, and in all makes room at the cost of who holds most', () => {
    book.post(requestOf('ann', 'two'), ['here'])
    expect(() => book.post(requestOf('ann', 'three'), ['there'])).toThrow(refusal('work/quotes-full'))
    book.post(requestOf('bob', 'three', { deadlineSeconds: seconds() + 10 }), ['here'])
    expect(() => book.post(requestOf('cyd', 'four'), ['here'])).toThrow(refusal('work/quotes-full'))
    book.post(requestOf('cyd', 'four'), ['there'])
    book.post(requestOf('dee', 'five', { deadlineSeconds: seconds() + 10 }), ['elsewhere'])
    const asked = () => book.open('job', 0).requests.map(({ termsHash }) => termsHash)
    expect(asked()).toEqual(['one', 'two', 'four', 'five'].map(word))
    book.post(requestOf('fay', 'six'), ['anywhere'])
    expect(asked()).toEqual(['one', 'four', 'five', 'six'].map(word))
    expect(() => book.post(requestOf('gus', 'seven'), ['nowhere'])).toThrow(refusal('work/quotes-full'))
    nowMs += 10_000
    book.post(requestOf('gus', 'seven'), ['nowhere'])
    expect(asked()).toEqual(['one', 'four', 'six', 'seven'].map(word))
  })

  it('keeps the cheapest quotes, one a provider, while they are good', () => {
    book.quote(quoteOf('pat', 'one', 90n), ['here'])
    book.quote(quoteOf('pat', 'one', 95n), ['here'])
    book.quote(quoteOf('pat', 'one', 80n), ['here'])
    book.quote(quoteOf('quin', 'one', 70n, seconds() + 5), ['here'])
    const prices = () => book.quotesFor(word('one')).map(({ priceAtomic }) => priceAtomic)
    expect(prices()).toEqual([80n, 70n])
    expect(() => book.quote(quoteOf('rob', 'one', 80n), ['here'])).toThrow(refusal('work/quotes-full'))
    book.quote(quoteOf('rob', 'one', 75n), ['here'])
    expect(prices()).toEqual([70n, 75n])
    nowMs += 6_000
    expect(prices()).toEqual([75n])
    for (const bad of [
      quoteOf('sue', 'none', 1n),
      quoteOf('sue', 'one', 101n),
      quoteOf('sue', 'one', 0n),
      quoteOf('sue', 'one', 5n, seconds() - 1),
      { ...quoteOf('sue', 'one', 5n), priceAtomic: 4n },
    ])
      expect(() => book.quote(bad, ['here'])).toThrow(refusal('work/quote-refused'))
  })
})

describe('a book in which strangers ask first for what a budget pays', () => {
  const payer = secretKeyToAddress(keyOf('owner'))
  const readTerms = () => ({ payer })
  const settlements = { chainId: 7, contracts: [settlement.verifyingContract], readTerms }

  it('keeps each asker apart: a stranger’s ceiling and deadline bind nobody else', () => {
    const book = new QuoteBook(settlements, clock)
    book.post(requestOf('eve', 'one', { ceilingAtomic: 1n, deadlineSeconds: seconds() + 5 }), ['there'])
    expect(() => book.quote(quoteOf('pat', 'one', 80n), ['here'])).toThrow(refusal('work/quote-refused'))
    book.post(requestOf('runner', 'one'), ['here'])
    book.quote(quoteOf('pat', 'one', 80n), ['here'])
    nowMs += 10_000
    expect(book.open('job', 0).requests.map(({ ceilingAtomic }) => ceilingAtomic)).toEqual([100n])
    expect(book.quotesFor(word('one'))).toHaveLength(1)
  })

  it('hears nobody but the payer once it asked itself, and what was offered before stays', () => {
    const book = new QuoteBook(settlements, clock, { ...defaultQuoteBookLimits, requests: 2 })
    for (const name of ['eve', 'runner']) book.post(requestOf(name, 'two'), ['there'])
    book.quote(quoteOf('pat', 'two', 80n), ['here'])
    book.post(requestOf('owner', 'two'), ['there'])
    expect(book.open('job', 0).requests.map(({ client }) => client)).toEqual([payer])
    expect(book.quotesFor(word('two'))).toHaveLength(1)
    expect(() => book.post(requestOf('mallory', 'two'), ['there'])).toThrow(refusal('work/quote-request-refused'))
  })

  it('has room for who has a network of its own, however many networks of one provider ask', () => {
    const book = new QuoteBook(settlements, clock, { ...defaultQuoteBookLimits, requests: 8, requestsPerClient: 1 })
    for (let place = 0; place < 8; place++)
      book.post(requestOf(`eve ${place}`, 'three'), ['wide', `${place}`, `${place}`])
    book.post(requestOf('runner', 'three'), ['mine', 'mine', 'mine'])
    const { requests } = book.open('job', 0)
    expect(requests).toHaveLength(8)
    expect(requests.at(-1)?.client).toBe(secretKeyToAddress(keyOf('runner')))
  })
})

describe('a book behind HTTP', () => {
  const book = new QuoteBook({ chainId: 7, contracts: [settlement.verifyingContract] }, clock)
  const serve = quoteRoutes(book)
  const listener = new HttpListener({
    host: '127.0.0.1',
    port: 0,
    limits: defaultHttpLimits,
    handle: async (request, response) => {
      if (!(await serve(request, response))) sendJson(response, 404, { error: { code: 'none', message: 'no' } })
    },
  })
  let url = ''
  beforeAll(async () => {
    url = `http://127.0.0.1:${await listener.start()}`
  })
  afterAll(() => listener.stop(0))

  it('carries requests and quotes as they were signed', async () => {
    const bus = httpQuoteBus(url)
    const request = requestOf('ann', 'over http')
    await bus.post(request)
    expect(await bus.open('job', 0)).toEqual({ next: 1, requests: [request] })
    expect(await bus.open('job', 1)).toEqual({ next: 1, requests: [] })
    const quote = quoteOf('pat', 'over http', 12n)
    await bus.quote(quote)
    expect(await bus.quotesFor(request.termsHash)).toEqual([quote])
    expect(await bus.requestsFor(request.termsHash)).toEqual([request])
    expect(await bus.quotesFor(word('nobody asked'))).toEqual([])
    expect(await bus.requestsFor(word('nobody asked'))).toEqual([])
  })

  it('tells what it refuses, and does not believe what does not parse', async () => {
    const bus = httpQuoteBus(url)
    await expect(bus.post({ ...requestOf('ann', 'x'), ceilingAtomic: 1n })).rejects.toThrow(
      refusal('work/quote-request-refused'),
    )
    await expect(bus.quote(quoteOf('pat', 'nothing', 1n))).rejects.toThrow(refusal('work/quote-refused'))
    const post = (path: string, body: string) => fetch(`${url}${path}`, { method: 'POST', body })
    expect((await post('/quotes/requests', '{')).status).toBe(400)
    expect((await post('/quotes/requests', '{"kind":"job"}')).status).toBe(400)
    expect((await post(`/quotes/${word('other')}`, JSON.stringify(quoteToJson(quoteOf('pat', 'a', 1n))))).status).toBe(
      400,
    )
    expect((await post('/quotes/requests', 'x'.repeat(100_000))).status).toBe(413)
    expect((await fetch(`${url}/quotes/requests`, { method: 'DELETE' })).status).toBe(405)
    expect((await fetch(`${url}/quotes/0x12`)).status).toBe(404)
    await expect(httpQuoteBus('http://127.0.0.1:9').open('job', 0)).rejects.toThrow(refusal('work/quotes-unreachable'))
  })
})

describe('what comes from outside', () => {
  it('is parsed whole or not at all', () => {
    const request = requestOf('ann', 'one')
    expect(parseQuoteRequest(JSON.parse(JSON.stringify(quoteRequestToJson(request))))).toEqual(request)
    const quote = quoteOf('pat', 'one', 3n)
    expect(parseQuote(JSON.parse(JSON.stringify(quoteToJson(quote))))).toEqual(quote)
    for (const changes of [
      { priceAtomic: 3 },
      { priceAtomic: '03' },
      { priceAtomic: `${1n << 256n}` },
      { nonce: '-1' },
    ])
      expect(() => parseQuote({ ...quoteToJson(quote), ...changes })).toThrow(refusal('work/bad-quote'))
    for (const changes of [{ terms: 'x'.repeat(8_193) }, { kind: 'Job' }, { settlement: null }])
      expect(() => parseQuoteRequest({ ...quoteRequestToJson(request), ...changes })).toThrow(
        refusal('work/bad-quote-request'),
      )
  })
})
