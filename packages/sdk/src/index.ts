export { askGateway, type GatewayAnswer, type GatewayQuestion } from '@koinon/inference/client'
export type { AnswerReceipt } from './answers/check-answer.ts'
export { type ReceiptFetchOptions, receiptFetch } from './answers/receipt-fetch.ts'
export { type FetchedReceipt, fetchReceipt, type GatewayAccess, type OwnBodies, verifyReceipt } from './receipts.ts'
