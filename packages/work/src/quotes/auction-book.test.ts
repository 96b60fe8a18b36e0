/** Auctions in a book, played by bidders that cheat. */
import { bytesToHex, type Hex, secretKeyToAddress, sha256, utf8ToBytes } from '@koinon/base'
import { defaultHttpLimits, HttpListener, ipNetworksOf } from '@koinon/base/node'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Auction, bidCommitment, rankAuction } from './auction.ts'
import { type SignedQuote, signQuote } from './quote.ts'
import { defaultQuoteBookLimits, QuoteBook } from './quote-book.ts'
import { httpQuoteBus } from './quote-bus.ts'
import { signQuoteRequest } from './quote-request.ts'
import { quoteRoutes } from './quote-routes.ts'

const settlement = { name: 'Koinon Jobs', version: '1', chainId: 7, verifyingContract: `0x${'81'.repeat(20)}` } as const
const word = (text: string): Hex => bytesToHex(sha256(utf8ToBytes(text)))
const keyOf = (name: string): Uint8Array => sha256(utf8ToBytes(name))
const addressOf = (name: string) => secretKeyToAddress(keyOf(name))
const termsHash = word('terms')
const place = { domain: settlement, termsHash, ceilingAtomic: 100n }
const sealed: Auction = { kind: 'sealed', ...place, commitEndsAtSeconds: 1_100, revealEndsAtSeconds: 1_200 }
const reverse: Auction = {
  ...{ kind: 'reverse', ...place, decrementAtomic: 5n, closesAtSeconds: 1_100 },
  ...{ extensionSeconds: 30, lastCloseSeconds: 1_150 },
}
let seconds = 1_000
const clock = { nowMs: () => seconds * 1_000 }
beforeEach(() => {
  seconds = 1_000
})

function bookOf(auction: Auction, limits = {}): QuoteBook {
  const readTerms = () => ({ payer: addressOf('ann'), auction })
  const settlements = { chainId: 7, contracts: [settlement.verifyingContract], readTerms }
  const book = new QuoteBook(settlements, clock, { ...defaultQuoteBookLimits, ...limits })
  book.post(requestOf('ann'), here)
  return book
}

function requestOf(client: string, changes = {}) {
  const request = { kind: 'job', settlement, client: addressOf(client), termsHash, terms: '{}', ceilingAtomic: 100n }
  return signQuoteRequest({ ...request, deadlineSeconds: 2_000, ...changes }, keyOf(client))
}

function bid(name: string, priceAtomic: bigint, changes: Partial<SignedQuote> = {}): SignedQuote {
  const quote = { termsHash, provider: addressOf(name), priceAtomic, deadlineSeconds: 1_900, nonce: 0n }
  return signQuote(settlement, { ...quote, ...changes }, keyOf(name))
}

const refused = (words: string) =>
  expect.objectContaining({ code: 'work/quote-refused', message: `The quote ${words}` })
const here = ['here']
const attempt = (work: () => void): void => {
  try {
    work()
  } catch {}
}
const salt = word('salt')
const tooShort = 'does not hold until 10 minutes after the last possible close'
const seal = (quote: SignedQuote) => bidCommitment(settlement, quote, salt)
const winner = (auction: Auction, book: QuoteBook) => rankAuction(auction, book.auction(termsHash), seconds)[0]

describe('a sealed auction in a book', () => {
  it('takes commitments, then what they stand for, and is won by the cheapest that was shown', () => {
    const book = bookOf(sealed)
    const [cheap, dear, silent] = [bid('a', 40n), bid('b', 60n), bid('c', 10n)]
    for (const quote of [cheap, dear, silent]) book.commit(termsHash, seal(quote), here)
    book.commit(termsHash, seal(cheap), ['elsewhere'])
    expect(book.auction(termsHash)).toMatchObject({ sealed: { length: 3 }, revealed: [] })
    expect(JSON.stringify(book.auction(termsHash).sealed)).not.toContain(cheap.provider.slice(2))
    seconds = 1_150
    for (const quote of [dear, cheap, dear]) book.reveal(quote, salt)
    expect(() => winner(sealed, book)).toThrow(expect.objectContaining({ code: 'work/auction-open' }))
    seconds = 1_200
    // Who is silent has not bid, however cheap.
    expect(winner(sealed, book)).toEqual(cheap)
    expect(book.quotesFor(termsHash)).toHaveLength(2)
  })

  it('takes no late commitment, no early or late reveal, no other one than was sealed, and no open bid', () => {
    const book = bookOf(sealed)
    const [mine, late] = [bid('a', 40n), bid('b', 30n)]
    expect(() => book.quote(mine, here)).toThrow(refused('must be sealed: this auction takes commitments first'))
    book.commit(termsHash, seal(mine), here)
    expect(() => book.reveal(mine, salt)).toThrow(refused('is shown while others still bid'))
    seconds = 1_100
    expect(() => book.commit(termsHash, seal(late), here)).toThrow(refused('comes after sealed bids were taken'))
    const [lower, salted] = [bid('a', 20n), word('another salt')]
    expect(() => book.reveal(lower, salt)).toThrow(refused('is not what was committed to'))
    expect(() => book.reveal(mine, salted)).toThrow(refused('is not what was committed to'))
    expect(() => book.reveal(late, salt)).toThrow(refused('is not what was committed to'))
    seconds = 1_200
    expect(() => book.reveal(mine, salt)).toThrow(refused('is shown too late'))
    expect(winner(sealed, book)).toBeUndefined()
  })

  it('gives nothing to who copies a commitment, or a bid once it is shown', () => {
    const book = bookOf(sealed)
    const mine = bid('a', 40n)
    book.commit(termsHash, seal(mine), ['the copier, who was first'])
    book.commit(termsHash, seal(mine), here)
    seconds = 1_100
    book.reveal(mine, salt)
    const stolen = { ...mine, provider: addressOf('thief') }
    expect(() => book.reveal(stolen, salt)).toThrow(refused('is not what was committed to'))
    const copied = bid('thief', 40n)
    expect(() => book.reveal(copied, salt)).toThrow(refused('is not what was committed to'))
    seconds = 1_200
    expect(winner(sealed, book)).toEqual(mine)
  })

  it('tells no bid before the last may be shown: who saw them would show the dearest of its own that still wins', () => {
    const book = bookOf(sealed)
    const [honest, ...ladder] = [bid('ann', 60n), bid('eve', 90n), bid('eve', 59n), bid('eve', 10n)]
    for (const quote of [honest, ...ladder]) book.commit(termsHash, seal(quote as SignedQuote), here)
    seconds = 1_100
    book.reveal(honest as SignedQuote, salt)
    seconds = 1_199
    expect(book.auction(termsHash).revealed).toEqual([])
    expect(book.quotesFor(termsHash)).toEqual([])
    seconds = 1_200
    expect(winner(sealed, book)).toEqual(honest)
  })

  it('can be decided after its end, however short whoever asked first made its request', () => {
    const readTerms = () => ({ payer: addressOf('ann'), auction: sealed })
    const book = new QuoteBook({ chainId: 7, contracts: [settlement.verifyingContract], readTerms }, clock)
    book.post(requestOf('eve', { deadlineSeconds: 1_200 }), ['there'])
    const mine = bid('a', 40n)
    book.commit(termsHash, seal(mine), here)
    seconds = 1_150
    book.reveal(mine, salt)
    seconds = 1_900
    expect(winner(sealed, book)).toEqual(mine)
    expect(book.open('job', 0).requests).toEqual([])
    seconds = 1_200 + 3_600
    expect(book.auction(termsHash).revealed).toEqual([])
  })

  it('ranks as many bids as a stranger may send, all for one price, without hashing them over and over', () => {
    const count = 64
    const quotes = Array.from({ length: count }, (_, place) => bid(`eve ${place}`, 50n))
    const book = bookOf(sealed, { commitmentsPerOrigin: count })
    for (const quote of quotes) book.commit(termsHash, seal(quote), here)
    seconds = 1_150
    for (const quote of quotes) book.reveal(quote, salt)
    seconds = 1_200
    const record = book.auction(termsHash)
    const beganAt = performance.now()
    expect(rankAuction(sealed, record, seconds)).toHaveLength(count)
    expect(performance.now() - beganAt).toBeLessThan(500)
  })

  it('shows no bid that could not be funded, and cannot be filled from one place', () => {
    const book = bookOf(sealed, { commitmentsPerOrigin: 3, commitmentsPerRequest: 4 })
    const bad = [bid('a', 101n), { ...bid('b', 50n), priceAtomic: 40n }, bid('c', 5n, { deadlineSeconds: 1_799 })]
    for (const quote of bad) book.commit(termsHash, seal(quote), here)
    const full = expect.objectContaining({ code: 'work/quotes-full' })
    expect(() => book.commit(termsHash, word('more'), here)).toThrow(full)
    book.commit(termsHash, word('more'), ['there'])
    seconds = 1_100
    const reasons = ['is not within the ceiling', 'is not signed by its provider']
    for (const [place, words] of [...reasons, tooShort].entries())
      expect(() => book.reveal(bad[place] as SignedQuote, salt)).toThrow(refused(words))
  })
})

describe('an auction in the network that fills the book', () => {
  const full = (isBidFor: (name: string) => boolean) => {
    const readTerms = ({ termsHash }: { readonly termsHash: Hex }) => ({
      payer: addressOf('ann'),
      auction: { ...sealed, termsHash },
    })
    const settlements = { chainId: 7, contracts: [settlement.verifyingContract], readTerms }
    const book = new QuoteBook(settlements, clock, { ...defaultQuoteBookLimits, requests: 4 })
    book.post(requestOf('far', { termsHash: word('far') }), ['far', 'far'])
    for (const name of ['eve', 'mallory']) {
      book.post(requestOf(name, { termsHash: word(name) }), ['wide', name])
      if (isBidFor(name)) book.commit(word(name), word('fake'), here)
    }
    book.post(requestOf('ann'), ['wide', 'ann'])
    book.commit(termsHash, seal(bid('a', 40n)), here)
    seconds = 1_100
    book.post(requestOf('new', { termsHash: word('new') }), ['elsewhere', 'new'])
    const asked = book.open('job', 0).requests.map((request) => request.termsHash)
    return { book, asked }
  }

  it('keeps the bids that cannot be sent again: a neighbour without any makes room', () => {
    const { book, asked } = full(() => false)
    expect(asked).toEqual([word('far'), word('eve'), termsHash, word('new')])
    book.reveal(bid('a', 40n), salt)
    seconds = 1_200
    expect(winner(sealed, book)).toEqual(bid('a', 40n))
  })

  it('fills it for nobody: where all of that network have bids the newest goes, and no other network pays', () => {
    expect(full(() => true).asked).toEqual([word('far'), word('eve'), word('mallory'), word('new')])
  })
})

it('has room for a sealed bid of a network of its own, however many small networks of one provider fill it', () => {
  const book = bookOf(sealed)
  for (let place = 0; place < 1_024; place++) {
    const house = ipNetworksOf(`2001:db8:${place % 16}:${place % 64}::1`)
    book.commit(termsHash, word(`eve ${place}`), house)
  }
  const bids = [bid('a', 40n), bid('b', 50n)]
  book.commit(termsHash, seal(bids[0] as SignedQuote), ipNetworksOf('2a00:1450:1::7'))
  book.commit(termsHash, seal(bids[1] as SignedQuote), ipNetworksOf('::ffff:192.0.2.1'))
  for (let place = 0; place < 200; place++)
    attempt(() => book.commit(termsHash, word(`eve again ${place}`), ipNetworksOf(`2001:db8:99:${place}::1`)))
  expect(book.auction(termsHash).sealed).toHaveLength(1_024)
  seconds = 1_100
  for (const quote of bids) book.reveal(quote, salt)
  seconds = 1_200
  expect(winner(sealed, book)).toEqual(bids[0])
})

describe('a reverse auction in a book', () => {
  it('counts what is lower by a step and in time, and tells when each bid came', () => {
    const book = bookOf(reverse)
    book.quote(bid('a', 100n), here)
    expect(() => book.quote(bid('a', 96n), here)).toThrow(
      refused('is not lower than the last one of its provider by the step of the auction'),
    )
    seconds = 1_099
    book.quote(bid('b', 95n), here)
    book.quote(bid('b', 95n), here)
    expect(() => winner(reverse, book)).toThrow(expect.objectContaining({ code: 'work/auction-open' }))
    seconds = 1_128
    book.quote(bid('a', 90n), here)
    seconds = 1_150
    expect(() => book.quote(bid('c', 10n), here)).toThrow(refused('comes after the close'))
    expect(() => book.commit(termsHash, word('x'), here)).toThrow(refused('is for no sealed auction'))
    expect(book.auction(termsHash).bids.map(({ atSeconds }) => atSeconds)).toEqual([1_000, 1_099, 1_128])
    expect(winner(reverse, book)?.priceAtomic).toBe(90n)
  })

  it('cannot be ended by a low bid that lapses before it can be taken, nor by its own client’s short request', () => {
    const book = bookOf(reverse)
    expect(() => book.quote(bid('eve', 1n, { deadlineSeconds: 1_749 }), here)).toThrow(refused(tooShort))
    book.quote(bid('a', 80n), here)
    seconds = 1_130
    expect(winner(reverse, book)?.priceAtomic).toBe(80n)
    const short = requestOf('ann', { deadlineSeconds: 1_140 })
    expect(() => book.post(short, here)).toThrow(expect.objectContaining({ code: 'work/quote-request-refused' }))
  })

  it('gives late bidders room at the cost of who sent most, and stays what everybody plays again', () => {
    const book = bookOf(reverse, { bidsPerRequest: 5, bidsPerOrigin: 3 })
    for (const [place, name] of ['x', 'y', 'z'].entries())
      book.quote(bid(name, 1n), ['wide', `house ${place}`, `${place}`])
    book.quote(bid('a', 90n), ['a', 'a', 'a'])
    book.quote(bid('b', 80n), ['b', 'b', 'b'])
    const prices = () => book.auction(termsHash).bids.map(({ quote }) => quote.priceAtomic)
    expect(prices()).toEqual([1n, 1n, 1n, 90n, 80n])
    // The first one was the lowest when it came, and so keeps its place.
    seconds = 1_080
    book.quote(bid('a', 85n), ['a', 'a', 'a'])
    book.quote(bid('c', 70n), ['c', 'c', 'c'])
    seconds = 1_100
    const ranking = rankAuction(reverse, book.auction(termsHash), seconds).map(({ priceAtomic }) => priceAtomic)
    expect(ranking).toEqual([1n, 1n, 70n, 80n, 85n])
  })

  it('is asked for by who pays, whoever asked before in its name', () => {
    const readTerms = () => ({ payer: addressOf('ann'), auction: reverse })
    const book = new QuoteBook({ chainId: 7, contracts: [settlement.verifyingContract], readTerms }, clock)
    book.post(requestOf('eve', { ceilingAtomic: 1n }), ['there'])
    book.quote(bid('a', 80n), here)
    book.post(requestOf('ann'), here)
    expect(book.open('job', 0).requests).toMatchObject([{ client: addressOf('ann'), ceilingAtomic: 100n }])
    expect(book.auction(termsHash).bids).toHaveLength(1)
    expect(() => book.post(requestOf('eve'), ['there'])).toThrow(
      expect.objectContaining({ code: 'work/quote-request-refused' }),
    )
  })
})

it('is the same over HTTP', async () => {
  const book = bookOf(sealed)
  const serve = quoteRoutes(book)
  const listener = new HttpListener({
    ...{ host: '127.0.0.1', port: 0, limits: defaultHttpLimits },
    handle: async (request, response) => void ((await serve(request, response)) || response.writeHead(404).end()),
  })
  const url = `http://127.0.0.1:${await listener.start()}`
  try {
    const bus = httpQuoteBus(url)
    const mine = bid('a', 40n)
    await bus.commit(termsHash, seal(mine))
    await expect(bus.reveal(mine, salt)).rejects.toThrow(refused('is shown while others still bid'))
    seconds = 1_100
    await bus.reveal(mine, salt)
    seconds = 1_200
    expect((await bus.auction(termsHash)).revealed).toHaveLength(1)
    expect(await bus.auction(termsHash)).toEqual(book.auction(termsHash))
    expect((await bus.auction(word('others'))).sealed).toEqual([])
    const post = (path: string, body: unknown) => fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(body) })
    expect((await post(`/quotes/${termsHash}/commitments`, { commitment: '0x1' })).status).toBe(400)
    expect((await post(`/quotes/${termsHash}/auction`, {})).status).toBe(405)
    expect((await post(`/quotes/${termsHash}/constructor`, {})).status).toBe(404)
    expect((await fetch(`${url}/quotes/${termsHash}/commitments`)).status).toBe(405)
  } finally {
    await listener.stop(0)
  }
})
