import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Hex, KoinonError } from '@koinon/base'
import { ipNetworksOf, parseJsonObject, readBody, sendError, sendJson } from '@koinon/base/node'
import { auctionRecordToJson, parseWord } from './auction-json.ts'
import { parseQuote, quoteToJson } from './quote.ts'
import type { QuoteBook } from './quote-book.ts'
import { maximumTermsBytes, parseQuoteRequest, quoteRequestToJson } from './quote-request.ts'

const bodyBytes = 2 * maximumTermsBytes + 8_192

/**
 * Serves a book over HTTP (specs/0024-jobs.md section 3): `POST` and `GET /quotes/requests`, `POST` and `GET /quotes/T`. False for paths
 * that are not its own.
 */
export function quoteRoutes(book: QuoteBook): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  return async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://quotes.invalid')
    const [, root, name, part, ...rest] = url.pathname.split('/')
    if (root !== 'quotes' || name === undefined || rest.length > 0) return false
    const isRequests = name === 'requests'
    if (part !== undefined && (isRequests || !Object.hasOwn(auctionParts, part))) return false
    if (!isRequests && !/^0x[0-9a-f]{64}$/.test(name)) return false
    try {
      if (part !== undefined)
        await auctionParts[part as keyof typeof auctionParts](book, request, response, name as Hex)
      else if (request.method === 'POST') await post(book, request, response, isRequests ? undefined : (name as Hex))
      else if (request.method === 'GET') get(book, url, response, isRequests ? undefined : (name as Hex))
      else throw methodNotAllowed(request.method)
    } catch (error) {
      sendError(response, error)
    }
    return true
  }
}

/** `POST /quotes/T/commitments` and `/reveals`, `GET /quotes/T/auction`. */
const auctionParts = {
  async commitments(book: QuoteBook, request: IncomingMessage, response: ServerResponse, termsHash: Hex) {
    if (request.method !== 'POST') throw methodNotAllowed(request.method)
    const { commitment } = parseJsonObject(await readBody(request, bodyBytes))
    book.commit(termsHash, parseWord(commitment, 'commitment'), ipNetworksOf(request.socket.remoteAddress ?? ''))
    sendJson(response, 201, { termsHash })
  },
  async reveals(book: QuoteBook, request: IncomingMessage, response: ServerResponse, termsHash: Hex) {
    if (request.method !== 'POST') throw methodNotAllowed(request.method)
    const { quote, salt } = parseJsonObject(await readBody(request, bodyBytes))
    const parsed = parseQuote(quote)
    if (parsed.termsHash !== termsHash) throw otherTerms()
    book.reveal(parsed, parseWord(salt, 'salt'))
    sendJson(response, 201, { termsHash })
  },
  async auction(book: QuoteBook, request: IncomingMessage, response: ServerResponse, termsHash: Hex) {
    if (request.method !== 'GET') throw methodNotAllowed(request.method)
    sendJson(response, 200, auctionRecordToJson(book.auction(termsHash)))
  },
} as const

async function post(
  book: QuoteBook,
  request: IncomingMessage,
  response: ServerResponse,
  termsHash: Hex | undefined,
): Promise<void> {
  const json = parseJsonObject(await readBody(request, bodyBytes))
  if (termsHash === undefined) {
    const posted = parseQuoteRequest(json)
    book.post(posted, ipNetworksOf(request.socket.remoteAddress ?? ''))
    return sendJson(response, 201, { termsHash: posted.termsHash })
  }
  const quote = parseQuote(json)
  if (quote.termsHash !== termsHash) throw otherTerms()
  book.quote(quote, ipNetworksOf(request.socket.remoteAddress ?? ''))
  sendJson(response, 201, { termsHash })
}

function get(book: QuoteBook, url: URL, response: ServerResponse, termsHash: Hex | undefined): void {
  if (termsHash !== undefined) {
    const requests = book.requestsFor(termsHash).map(quoteRequestToJson)
    return sendJson(response, 200, { quotes: book.quotesFor(termsHash).map(quoteToJson), requests })
  }
  const after = Number(url.searchParams.get('after') ?? 0)
  const { next, requests } = book.open(url.searchParams.get('kind') ?? '', Number.isSafeInteger(after) ? after : 0)
  sendJson(response, 200, { next, requests: requests.map(quoteRequestToJson) })
}

function otherTerms(): KoinonError {
  return new KoinonError({ code: 'work/quote-refused', message: 'The quote is for other terms than its address' })
}

function methodNotAllowed(method: string | undefined): KoinonError {
  return new KoinonError({
    code: 'http/method-not-allowed',
    message: `${method} is not possible here`,
    details: { status: 405 },
  })
}
