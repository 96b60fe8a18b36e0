import { boundedText, errorFromJson, type Hex, isKoinonError, KoinonError } from '@koinon/base'
import type { AuctionRecord } from './auction.ts'
import { parseAuctionRecord } from './auction-json.ts'
import { parseEach } from './parse-each.ts'
import { parseQuote, quoteToJson, type SignedQuote } from './quote.ts'
import type { OpenRequests } from './quote-book.ts'
import { parseQuoteRequest, quoteRequestToJson, type SignedQuoteRequest } from './quote-request.ts'

/** How requests and quotes travel: a gateway's book, or a book in this process. */
export type QuoteBus = {
  post(request: SignedQuoteRequest): Promise<void>
  open(kind: string, after: number): Promise<OpenRequests>
  quote(quote: SignedQuote): Promise<void>
  quotesFor(termsHash: Hex): Promise<readonly SignedQuote[]>
  /** Requests for these terms that are open: who asks, and how much they would pay at most. */
  requestsFor(termsHash: Hex): Promise<readonly SignedQuoteRequest[]>
  /** A sealed bid: only its hash. */
  commit(termsHash: Hex, commitment: Hex): Promise<void>
  /** The quote behind a sealed bid. */
  reveal(quote: SignedQuote, salt: Hex): Promise<void>
  auction(termsHash: Hex): Promise<AuctionRecord>
}

const timeoutMs = 5_000
const maximumAnswerBytes = 4 << 20

/**
 * A book behind a gateway's URL. What does not parse is left out, not believed. Throws what the book refuses, and
 * `work/quotes-unreachable` (later); all of it may be repeated.
 */
export function httpQuoteBus(gatewayUrl: string): QuoteBus {
  const call = async (path: string, body?: unknown): Promise<Readonly<Record<string, unknown>>> => {
    try {
      const response = await fetch(new URL(path, gatewayUrl), {
        signal: AbortSignal.timeout(timeoutMs),
        redirect: 'error',
        ...(body === undefined
          ? {}
          : { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      })
      const json = JSON.parse(await boundedText(response, maximumAnswerBytes, tooLarge)) as Readonly<
        Record<string, unknown>
      >
      if (response.ok) return json
      throw errorFromJson(json.error as never)
    } catch (cause) {
      throw isKoinonError(cause) && cause.code !== undefined ? cause : unreachable(gatewayUrl, cause)
    }
  }
  return {
    async post(request) {
      await call('/quotes/requests', quoteRequestToJson(request))
    },
    async open(kind, after) {
      const { next, requests } = await call(`/quotes/requests?kind=${encodeURIComponent(kind)}&after=${after}`)
      return {
        next: Number.isSafeInteger(next) ? (next as number) : after,
        requests: parseEach(requests, parseQuoteRequest),
      }
    },
    async quote(quote) {
      await call(`/quotes/${quote.termsHash}`, quoteToJson(quote))
    },
    async quotesFor(termsHash) {
      const { quotes } = await call(`/quotes/${termsHash}`)
      return parseEach(quotes, parseQuote)
    },
    async requestsFor(termsHash) {
      const { requests } = await call(`/quotes/${termsHash}`)
      return parseEach(requests, parseQuoteRequest)
    },
    async commit(termsHash, commitment) {
      await call(`/quotes/${termsHash}/commitments`, { commitment })
    },
    async reveal(quote, salt) {
      await call(`/quotes/${quote.termsHash}/reveals`, { quote: quoteToJson(quote), salt })
    },
    async auction(termsHash) {
      return parseAuctionRecord(await call(`/quotes/${termsHash}/auction`))
    },
  }
}

const tooLarge = () => new Error(`its answer is larger than ${maximumAnswerBytes} bytes`)

function unreachable(gatewayUrl: string, cause: unknown): KoinonError {
  return new KoinonError({
    code: 'work/quotes-unreachable',
    message: `The book of quotes at ${gatewayUrl} did not answer`,
    hint: 'Check that the gateway runs; nothing is lost by asking again.',
    retry: 'later',
    cause,
  })
}
