import { type Address, type Clock, type Hex, KoinonError } from '@koinon/base'
import { type Auction, type AuctionRecord, lastEndOf } from './auction.ts'
import {
  type Bidding,
  type BiddingLimits,
  bidOpenly,
  commitTo,
  full,
  makeRoom,
  openBidding,
  quoteRefused,
  recordOf,
  reveal,
} from './bidding.ts'
import { type Origin, whoGoesInstead } from './fair-room.ts'
import { type SignedQuote, verifyQuote } from './quote.ts'
import { type QuoteRequest, type SignedQuoteRequest, verifyQuoteRequest } from './quote-request.ts'

/** Bounds of a book: what strangers can make it hold. */
export type QuoteBookLimits = BiddingLimits & {
  readonly requests: number
  readonly requestsPerClient: number
  /** Of one origin: the smallest network of the sender, as the caller names it. */
  readonly requestsPerOrigin: number
  readonly quotesPerRequest: number
  readonly longestSeconds: number
}

export const defaultQuoteBookLimits: QuoteBookLimits = {
  requests: 1_024,
  requestsPerClient: 32,
  requestsPerOrigin: 256,
  quotesPerRequest: 64,
  bidsPerRequest: 1_024,
  bidsPerOrigin: 256,
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

/** Whoever asks is kept apart from others that ask for the same terms: one's ceiling and deadline are nothing to another. */
type Asked = { readonly number: number; readonly origin: Origin; readonly request: SignedQuoteRequest }

type Entry = {
  readonly asked: Map<Address, Asked>
  readonly quotes: Map<Address, SignedQuote>
  readonly payer: Address
  readonly bidding: Bidding | undefined
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

  /**
   * Takes up a request; one of the same client again changes nothing. Anybody may ask for terms until who pays for them does: from then on
   * nobody else. `origin` is the sender's. Throws `work/quote-request-refused` and `work/quotes-full` (later).
   */
  post(request: SignedQuoteRequest, origin: Origin): void {
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
    if (known?.asked.has(client) === true) return
    const isOfPayer = known?.payer === client
    if (known?.asked.has(known.payer) === true) throw refused('has the terms of another client')
    // The payer's own request takes the places of those that others made in its name; what was bid meanwhile stays.
    const others = this.#asked().filter((one) => !isOfPayer || one.request.termsHash !== termsHash)
    if (others.filter((one) => one.request.client === client).length >= this.#limits.requestsPerClient) throw full()
    const other = makeRoom(others, origin, this.#limits.requestsPerOrigin, this.#limits.requests)
    if (other !== undefined) this.#drop(whoGoesInstead(others, other, (one) => this.#mayGo(one)).request)
    const bidding = auction === undefined ? undefined : openBidding(auction)
    const entry = known ?? { asked: new Map(), quotes: new Map(), payer: read.payer, bidding }
    if (isOfPayer) entry.asked.clear()
    entry.asked.set(client, { number: ++this.#number, origin, request })
    this.#entries.set(termsHash, entry)
  }

  /** Open requests of a kind posted after cursor `after` (0 for all), oldest first; `next` is the cursor to go on with. */
  open(kind: string, after: number): OpenRequests {
    const nowSeconds = this.#sweep()
    const found = this.#asked().filter(
      ({ number, request }) => number > after && request.kind === kind && request.deadlineSeconds > nowSeconds,
    )
    const page = found.slice(0, pageLength)
    const next = page.length < found.length ? (page.at(-1) as Asked).number : Math.max(after, this.#number)
    return { next, requests: page.map(({ request }) => request) }
  }

  /**
   * Takes up a quote for an open request: one a provider, the cheapest it made. When there is no room it takes the place of the dearest if
   * it is cheaper. In an open auction it is a bid from `origin`. Throws `work/quote-refused`, and `work/quotes-full` when it is not.
   */
  quote(quote: SignedQuote, origin: Origin): void {
    const nowSeconds = this.#sweep()
    const entry = this.#entries.get(quote.termsHash)
    if (entry === undefined) throw quoteRefused('is for no open request')
    if (quote.deadlineSeconds < nowSeconds) throw quoteRefused('is past its deadline')
    if (entry.bidding !== undefined) return bidOpenly(entry.bidding, quote, origin, nowSeconds, this.#limits)
    const requests = [...entry.asked.values()].map(({ request }) => request)
    if (quote.priceAtomic === 0n || requests.every(({ ceilingAtomic }) => quote.priceAtomic > ceilingAtomic))
      throw quoteRefused('is not within the ceiling')
    // Requests for the same terms differ in their settlement by its contract alone, and few contracts are known: a bounded number of checks.
    const domains = new Map(requests.map(({ settlement }) => [settlement.verifyingContract, settlement]))
    if (![...domains.values()].some((domain) => verifyQuote(domain, quote)))
      throw quoteRefused('is not signed by its provider')
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
  commit(termsHash: Hex, commitment: Hex, origin: Origin): void {
    const atSeconds = this.#sweep()
    commitTo(this.#bidding(termsHash), commitment, origin, atSeconds, this.#limits)
  }

  /** Takes up the quote behind a sealed bid; the same one again changes nothing. Throws `work/quote-refused`. */
  reveal(quote: SignedQuote, salt: Hex): void {
    const atSeconds = this.#sweep()
    reveal(this.#bidding(quote.termsHash), quote, salt, atSeconds)
  }

  /**
   * What came in of an auction, with the second in which it came; nothing for terms that nobody auctions. Sealed bids that were shown are told
   * when no more may be: who sees the others' first would show the dearest of its own that still wins.
   */
  auction(termsHash: Hex): AuctionRecord {
    const nowSeconds = this.#sweep()
    return recordOf(this.#entries.get(termsHash)?.bidding, nowSeconds)
  }

  /** Requests for these terms that are open, oldest first. */
  requestsFor(termsHash: Hex): readonly SignedQuoteRequest[] {
    const nowSeconds = this.#sweep()
    const asked = [...(this.#entries.get(termsHash)?.asked.values() ?? [])].map(({ request }) => request)
    return asked.filter(({ deadlineSeconds }) => deadlineSeconds > nowSeconds).slice(0, pageLength)
  }

  /** Quotes for terms, still good; none for terms that nobody asks for. */
  quotesFor(termsHash: Hex): readonly SignedQuote[] {
    const nowSeconds = this.#sweep()
    const { quotes, bidding } = this.#entries.get(termsHash) ?? {}
    const { bids: open, revealed } = recordOf(bidding, nowSeconds)
    const bids = [...open, ...revealed].map(({ quote }) => quote)
    return [...(quotes?.values() ?? []), ...bids].filter(({ deadlineSeconds }) => deadlineSeconds >= nowSeconds)
  }

  #bidding(termsHash: Hex): Bidding {
    const bidding = this.#entries.get(termsHash)?.bidding
    if (bidding === undefined) throw quoteRefused('is for no sealed auction')
    return bidding
  }

  /** Oldest first. */
  #asked(): readonly Asked[] {
    return [...this.#entries.values()].flatMap(({ asked }) => [...asked.values()]).sort((a, b) => a.number - b.number)
  }

  /** Whether nothing goes with it that cannot be sent again: bids of an auction that nobody else asks for. */
  #mayGo({ request }: Asked): boolean {
    const { asked, bidding } = this.#entries.get(request.termsHash) as Entry
    return asked.size > 1 || bidding === undefined || bidding.bids.size + bidding.sealed.size === 0
  }

  #drop({ termsHash, client }: SignedQuoteRequest): void {
    const entry = this.#entries.get(termsHash)
    entry?.asked.delete(client)
    if (entry?.asked.size === 0) this.#entries.delete(termsHash)
  }

  #sweep(): number {
    const nowSeconds = Math.floor(this.#clock.nowMs() / 1000)
    for (const { asked, bidding } of this.#entries.values()) {
      const wonSeconds = bidding === undefined ? 0 : lastEndOf(bidding.auction) + keptAfterSeconds
      for (const { request } of asked.values())
        if (Math.max(request.deadlineSeconds, wonSeconds) <= nowSeconds) this.#drop(request)
    }
    return nowSeconds
  }
}

function refused(problem: string): KoinonError {
  return new KoinonError({ code: 'work/quote-request-refused', message: `The request for quotes ${problem}` })
}
