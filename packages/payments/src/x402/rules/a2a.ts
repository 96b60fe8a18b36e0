/** x402 over A2A: payments ride in a message's metadata, demands in that of a task's status. */
import { type JsonRecord, requireRecord } from './header.ts'

/** URI by which an agent card says that it takes x402. */
export const a2aExtensionUri = 'https://github.com/google-a2a/a2a-x402/v0.1'

export const a2aKeys = {
  status: 'x402.payment.status',
  required: 'x402.payment.required',
  payload: 'x402.payment.payload',
  receipts: 'x402.payment.receipts',
  error: 'x402.payment.error',
} as const

/** Metadata of a task that waits for payment (`input-required`). `error` is x402's word for why the last one was refused. */
export function a2aDemand(required: unknown, error?: string, receipts: readonly JsonRecord[] = []): JsonRecord {
  return {
    [a2aKeys.status]: 'payment-required',
    [a2aKeys.required]: required,
    ...(error === undefined ? {} : { [a2aKeys.error]: error.toUpperCase() }),
    ...(receipts.length === 0 ? {} : { [a2aKeys.receipts]: receipts }),
  }
}

/** Metadata of a task whose payment nobody can speak about yet: the same one may be sent again. */
export function a2aPending(word: string, error: JsonRecord): JsonRecord {
  return { [a2aKeys.status]: 'payment-submitted', [a2aKeys.error]: word.toUpperCase(), 'koinon.error': error }
}

/** Metadata of a task that was paid. */
export function a2aPaid(receipt: JsonRecord): JsonRecord {
  return { [a2aKeys.status]: 'payment-completed', [a2aKeys.receipts]: [requireRecord(receipt, 'the receipt')] }
}

/** Metadata of a task whose payment came to nothing. */
export function a2aFailed(word: string, error: JsonRecord): JsonRecord {
  return { [a2aKeys.status]: 'payment-failed', [a2aKeys.error]: word.toUpperCase(), 'koinon.error': error }
}
