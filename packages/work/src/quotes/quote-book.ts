import { type Address, type Clock, type Hex, KoinonError } from '@koinon/base'
import {
  type Auction,
  type AuctionRecord,
  bidCommitment,
  bidRefusalWords,
  lastEndOf,
  openReverseAuction,
  placeBid,
  type RevealedBid,
  type ReverseAuctionState,
  refusalOf,
  type TimedBid,
} from './auction.ts'
import { type SignedQuote, verifyQuote } from './quote.ts'
import { type QuoteRequest, type SignedQuoteRequest, verifyQuoteRequest } from './quote-request.ts'

/** Bounds of a book: what strangers can make it hold. */
export type QuoteBookLimits = {
  readonly requests: number
  readonly requestsPerClient: number
  /** Of one origin: a network of the sender, as the caller names it. */
  readonly requestsPerOrigin: number
  readonly quotesPerRequest: number
  /** Sealed bids, of whom the book does not know whose they are. */
  readonly commitmentsPerRequest: number
  readonly commitmentsPerOrigin: number
  readonly longestSeconds: number
}

export const defaultQuoteBookLimits: QuoteBookLimits = {
  requests: 1_024,
  requestsPerClient: 32,
  requestsPerOrigin: 256,
  quotesPerRequest: 64,
  commitmentsPerRequest: 1_024,
  commitmentsPerOrigin: 64,
  longestSeconds: 86_400,
}

/** Contracts whose quotes a book carries: a request for another is refused. */
export type QuoteSettlements = {
  readonly chainId: number
  readonly contracts: readonly Address[]
  /** Reads the terms of a kind: who pays and by which auction; undefined for terms that are not what was said. Without it all are taken. */
  readonly readTerms?: (request: QuoteRequest) => ReadTerms | undefined
}

export type ReadTerms = { readonly payer: Address; readonly auction?: Auction }

type Entry = {
  readonly number: number
  readonly origin: string
  readonly request: SignedQuoteRequest
  readonly quotes: Map<Address, SignedQuote>
  readonly payer: Address
  readonly bidding: Bidding | undefined
}

type Bidding = {
  readonly auction: Auction
  state: ReverseAuctionState
  readonly bids: TimedBid[]
  readonly sealed: Map<Hex, { readonly origin: string; readonly atSeconds: number }>
  readonly revealed: Map<Hex, RevealedBid>
}

export type OpenRequests = { readonly next: number; readonly requests: readonly SignedQuoteRequest[] }

const pageLength = 100
/** So long after its last end an auction can still be looked at, however short whoever asked first made its request. */
const keptAfterSeconds = 3_600

/**
 * Requests for quotes and the quotes for them, in memory until their deadlines (specs/0024-jobs.md section 3). It keeps what is signed by
 * plain keys and knows nothing of the ledger; losing it loses no money.
 */
export class QuoteBook {
  readonly #settlements: QuoteSettlements
  readonly #clock: Clock
  readonly #limits: QuoteBookLimits
  readonly #entries = new Map<Hex, Entry>()
  #number = 0

  constructor(settlements: QuoteSettlements, clock: Clock, limits = defaultQuoteBookLimits) {
    this.#settlements = settlements
    this.#clock = clock
    this.#limits = limits
  }

  /** Takes up a request; the same one again changes nothing. Throws `work/quote-request-refused` and `work/quotes-full` (later). */
  post(request: SignedQuoteRequest, origin: string): void {
    const nowSeconds = this.#sweep()
    const { client, deadlineSeconds, settlement, termsHash } = request
    const { chainId, contracts } = this.#settlements
    if (settlement.chainId !== chainId || !contracts.includes(settlement.verifyingContract))
      throw refused('names another contract or chain')
    if (deadlineSeconds <= nowSeconds) throw refused('is over')
    if (deadlineSeconds > nowSeconds + this.#limits.longestSeconds) throw refused('is open for too long')
    if (!verifyQuoteRequest(request)) throw refused('is not signed by its client')
    const { readTerms } = this.#settlements
    const read = readTerms === undefined ? { payer: client } : readTerms(request)
    if (read === undefined) throw refused('has other terms than it names')
    const { auction } = read
    if (auction !== undefined && deadlineSeconds < lastEndOf(auction)) throw refused('ends before its auction')
    const known = this.#entries.get(termsHash)
    if (known !== undefined) {
      if (known.request.client === client) return
      // Who pays comes before a stranger that asks in its name; what was bid meanwhile stays.
      if (client !== known.payer) throw refused('has the terms of another client')
      this.#entries.set(termsHash, { ...known, origin, request })
      return
    }
    const all = [...this.#entries.values()]
    const isFull =
      all.length >= this.#limits.requests ||
      all.filter((entry) => entry.request.client === client).length >= this.#limits.requestsPerClient ||
      all.filter((entry) => entry.origin === origin).length >= this.#limits.requestsPerOrigin
    if (isFull) throw full()
    const bidding = auction === undefined ? undefined : openBidding(auction)
    const quotes = new Map<Address, SignedQuote>()
    this.#entries.set(termsHash, { number: ++this.#number, origin, request, quotes, payer: read.payer, bidding })
  }

  /** Open requests of a kind posted after cursor `after` (0 for all), oldest first; `next` is the cursor to go on with. */
  open(kind: string, after: number): OpenRequests {
    const nowSeconds = this.#sweep()
    const found = [...this.#entries.values()].filter(
      ({ number, request }) => number > after && request.kind === kind && request.deadlineSeconds > nowSeconds,
    )
    const page = found.slice(0, pageLength)
    const next = page.length < found.length ? (page.at(-1) as Entry).number : Math.max(after, this.#number)
    return { next, requests: page.map(({ request }) => request) }
  }

  /**
   * Takes up a quote for an open request: one a provider, the cheapest it made. When there is no room it takes the place of the dearest if
   * it is cheaper. Throws `work/quote-refused`, and `work/quotes-full` when it is not.
   */
  quote(quote: SignedQuote): void {
    const nowSeconds = this.#sweep()
    const entry = this.#entries.get(quote.termsHash)
    if (entry === undefined) throw quoteRefused('is for no open request')
    if (quote.deadlineSeconds < nowSeconds) throw quoteRefused('is past its deadline')
    if (entry.bidding !== undefined) return bid(entry.bidding, quote, nowSeconds)
    if (quote.priceAtomic === 0n || quote.priceAtomic > entry.request.ceilingAtomic)
      throw quoteRefused('is not within the ceiling')
    if (!verifyQuote(entry.request.settlement, quote)) throw quoteRefused('is not signed by its provider')
    const own = entry.quotes.get(quote.provider)
    if (own !== undefined && own.priceAtomic <= quote.priceAtomic && own.deadlineSeconds >= nowSeconds) return
    if (own === undefined && entry.quotes.size >= this.#limits.quotesPerRequest) {
      const [dearest] = [...entry.quotes.values()].sort((a, b) => (a.priceAtomic < b.priceAtomic ? 1 : -1))
      if (dearest === undefined || dearest.priceAtomic <= quote.priceAtomic) throw full()
      entry.quotes.delete(dearest.provider)
    }
    entry.quotes.set(quote.provider, quote)
  }

  /** Takes up a sealed bid; the same one again changes nothing. Throws `work/quote-refused` and `work/quotes-full`. */
  commit(termsHash: Hex, commitment: Hex, origin: string): void {
    const atSeconds = this.#sweep()
    const { auction, sealed } = this.#sealedBidding(termsHash)
    if (sealed.has(commitment)) return
    if (atSeconds >= auction.commitEndsAtSeconds) throw quoteRefused('comes after sealed bids were taken')
    const { commitmentsPerOrigin, commitmentsPerRequest } = this.#limits
    const ofOrigin = [...sealed.values()].filter((other) => other.origin === origin).length
    if (sealed.size >= commitmentsPerRequest || ofOrigin >= commitmentsPerOrigin) throw full()
    sealed.set(commitment, { origin, atSeconds })
  }

  /** Takes up the quote behind a sealed bid; the same one again changes nothing. Throws `work/quote-refused`. */
  reveal(quote: SignedQuote, salt: Hex): void {
    const atSeconds = this.#sweep()
    const { auction, sealed, revealed } = this.#sealedBidding(quote.termsHash)
    const commitment = bidCommitment(auction.domain, quote, salt)
    if (revealed.has(commitment)) return
    if (atSeconds < auction.commitEndsAtSeconds) throw quoteRefused('is shown while others still bid')
    if (atSeconds >= auction.revealEndsAtSeconds) throw quoteRefused('is shown too late')
    if (!sealed.has(commitment)) throw quoteRefused('is not what was committed to')
    const objection = refusalOf(auction, quote)
    if (objection !== undefined) throw quoteRefused(bidRefusalWords[objection])
    if (quote.deadlineSeconds < auction.revealEndsAtSeconds) throw quoteRefused(bidRefusalWords['expires-too-soon'])
    revealed.set(commitment, { quote, salt, atSeconds })
  }

  /**
   * What came in of an auction, with the second in which it came; nothing for terms that nobody auctions. Sealed bids that were shown are told
   * when no more may be: who sees the others' first would show the dearest of its own that still wins.
   */
  auction(termsHash: Hex): AuctionRecord {
    const nowSeconds = this.#sweep()
    const found = this.#entries.get(termsHash)?.bidding
    return {
      bids: [...(found?.bids ?? [])],
      sealed: [...(found?.sealed ?? [])].map(([commitment, { atSeconds }]) => ({ commitment, atSeconds })),
      revealed: shownAt(found, nowSeconds),
    }
  }

  /** Quotes for terms, still good; none for terms that nobody asks for. */
  quotesFor(termsHash: Hex): readonly SignedQuote[] {
    const nowSeconds = this.#sweep()
    const { quotes, bidding } = this.#entries.get(termsHash) ?? {}
    const bids = [...(bidding?.bids ?? []), ...shownAt(bidding, nowSeconds)].map(({ quote }) => quote)
    return [...(quotes?.values() ?? []), ...bids].filter(({ deadlineSeconds }) => deadlineSeconds >= nowSeconds)
  }

  #sealedBidding(termsHash: Hex): Bidding & { readonly auction: Extract<Auction, { readonly kind: 'sealed' }> } {
    const bidding = this.#entries.get(termsHash)?.bidding
    if (bidding?.auction.kind !== 'sealed') throw quoteRefused('is for no sealed auction')
    return bidding as never
  }

  #sweep(): number {
    const nowSeconds = Math.floor(this.#clock.nowMs() / 1000)
    for (const [termsHash, { request, bidding }] of this.#entries) {
      const wonSeconds = bidding === undefined ? 0 : lastEndOf(bidding.auction) + keptAfterSeconds
      if (Math.max(request.deadlineSeconds, wonSeconds) <= nowSeconds) this.#entries.delete(termsHash)
    }
    return nowSeconds
  }
}

function shownAt(bidding: Bidding | undefined, nowSeconds: number): readonly RevealedBid[] {
  return bidding === undefined || nowSeconds < lastEndOf(bidding.auction) ? [] : [...bidding.revealed.values()]
}

function openBidding(auction: Auction): Bidding {
  const state = {
    best: undefined,
    closesAtSeconds: auction.kind === 'reverse' ? openReverseAuction(auction).closesAtSeconds : 0,
  }
  return { auction, state, bids: [], sealed: new Map(), revealed: new Map() }
}

function bid(bidding: Bidding, quote: SignedQuote, atSeconds: number): void {
  const { auction, bids, state } = bidding
  if (auction.kind === 'sealed') throw quoteRefused('must be sealed: this auction takes commitments first')
  if (state.best?.signature === quote.signature) return
  const next = placeBid(auction, state, quote, atSeconds)
  if (typeof next === 'string') throw quoteRefused(bidRefusalWords[next])
  bidding.state = next
  bids.push({ quote, atSeconds })
}

function refused(problem: string): KoinonError {
  return new KoinonError({ code: 'work/quote-request-refused', message: `The request for quotes ${problem}` })
}

function quoteRefused(problem: string): KoinonError {
  return new KoinonError({ code: 'work/quote-refused', message: `The quote ${problem}` })
}

function full(): KoinonError {
  return new KoinonError({
    code: 'work/quotes-full',
    message: 'The book has no room for that now',
    hint: 'Try again when older requests are over, or offer less.',
    retry: 'later',
  })
}
