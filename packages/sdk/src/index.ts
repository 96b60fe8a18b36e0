export { askGateway, type GatewayAnswer, type GatewayQuestion } from '@koinon/inference/client'
export { type FetchedReceipt, fetchReceipt, type GatewayAccess, type OwnBodies, verifyReceipt } from './receipts.ts'
