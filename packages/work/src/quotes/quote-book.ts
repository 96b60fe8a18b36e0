import { type Address, type Clock, type Hex, KoinonError } from '@koinon/base'
import { type SignedQuote, verifyQuote } from './quote.ts'
import { type SignedQuoteRequest, verifyQuoteRequest } from './quote-request.ts'

/** Bounds of a book: what strangers can make it hold. */
export type QuoteBookLimits = {
  readonly requests: number
  readonly requestsPerClient: number
  /** Of one origin: a network of the sender, as the caller names it. */
  readonly requestsPerOrigin: number
  readonly quotesPerRequest: number
  readonly longestSeconds: number
}

export const defaultQuoteBookLimits: QuoteBookLimits = {
  requests: 1_024,
  requestsPerClient: 32,
  requestsPerOrigin: 256,
  quotesPerRequest: 64,
  longestSeconds: 86_400,
}

/** Contracts whose quotes a book carries: a request for another is refused. */
export type QuoteSettlements = { readonly chainId: number; readonly contracts: readonly Address[] }

type Entry = {
  readonly number: number
  readonly origin: string
  readonly request: SignedQuoteRequest
  readonly quotes: Map<Address, SignedQuote>
}

export type OpenRequests = { readonly next: number; readonly requests: readonly SignedQuoteRequest[] }

const pageLength = 100

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
    const known = this.#entries.get(termsHash)
    if (known !== undefined) {
      if (known.request.client === client) return
      throw refused('has the terms of another client')
    }
    const all = [...this.#entries.values()]
    const isFull =
      all.length >= this.#limits.requests ||
      all.filter((entry) => entry.request.client === client).length >= this.#limits.requestsPerClient ||
      all.filter((entry) => entry.origin === origin).length >= this.#limits.requestsPerOrigin
    if (isFull) throw full()
    this.#entries.set(termsHash, { number: ++this.#number, origin, request, quotes: new Map() })
  }

  /** Open requests of a kind posted after cursor `after` (0 for all), oldest first; `next` is the cursor to go on with. */
  open(kind: string, after: number): OpenRequests {
    this.#sweep()
    const found = [...this.#entries.values()].filter((entry) => entry.number > after && entry.request.kind === kind)
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

  /** Quotes for terms, still good; none for terms that nobody asks for. */
  quotesFor(termsHash: Hex): readonly SignedQuote[] {
    const nowSeconds = this.#sweep()
    const quotes = this.#entries.get(termsHash)?.quotes.values() ?? []
    return [...quotes].filter(({ deadlineSeconds }) => deadlineSeconds >= nowSeconds)
  }

  #sweep(): number {
    const nowSeconds = Math.floor(this.#clock.nowMs() / 1000)
    for (const [termsHash, { request }] of this.#entries) {
      if (request.deadlineSeconds <= nowSeconds) this.#entries.delete(termsHash)
    }
    return nowSeconds
  }
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
