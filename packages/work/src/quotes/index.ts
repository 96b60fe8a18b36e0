export {
  defaultQuoteBookLimits,
  type OpenRequests,
  QuoteBook,
  type QuoteBookLimits,
  type QuoteSettlements,
} from './quote-book.ts'
export { httpQuoteBus, type QuoteBus } from './quote-bus.ts'
export {
  parseQuoteRequest,
  type QuoteRequest,
  type SignedQuoteRequest,
  signQuoteRequest,
  verifyQuoteRequest,
} from './quote-request.ts'
export { quoteRoutes } from './quote-routes.ts'
