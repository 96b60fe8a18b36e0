/** A priced call that is an A2A task: payments and receipts in metadata (specs/0022-machine-payments.md section 6). */
import { asObject } from '../mpp/rules/canonical-json.ts'
import { requestHashOf } from '../rules/http-call.ts'
import type { PaymentTerms } from '../rules/terms.ts'
import { a2aDemand, a2aFailed, a2aKeys, a2aPaid, a2aPending } from '../x402/rules/a2a.ts'
import type { JsonRecord } from '../x402/rules/header.ts'
import { reasonOf } from '../x402/rules/reasons.ts'
import { callBody, messageError, x402Header, x402Payload } from './message-call.ts'
import type { MessageDoor, MessageOutcome, MessageSale } from './message-door.ts'

export type TaskSale = {
  readonly terms: PaymentTerms
  /** What is asked for, of the message that began the task: what a later one says of it does not count. */
  readonly call: unknown
  /** Metadata of the message that came now. */
  readonly metadata: unknown
  /** Metadata of the task's last status: after an outcome that nobody knows the seller asks for no other payment. */
  readonly before: unknown
  readonly taskId: string
  /** JSON of the answer. What it throws costs nothing. */
  readonly work: MessageSale['work']
}

export type TaskSaleResult =
  | { readonly state: 'completed'; readonly data: unknown; readonly metadata: JsonRecord }
  | { readonly state: 'input-required' | 'failed'; readonly text: string; readonly metadata: JsonRecord }

/** Sells the call of one task. Rejects with what the work threw. */
export async function sellTaskCall(door: MessageDoor, sale: TaskSale): Promise<TaskSaleResult> {
  const { terms, call, taskId, work } = sale
  const fields = asObject(sale.metadata) ?? {}
  const payment = x402Header(fields, a2aKeys.payload)
  if (payment === undefined && asObject(sale.before)?.[a2aKeys.status] === 'payment-submitted')
    return { state: 'input-required', text: stillUnknown, metadata: asObject(sale.before) as JsonRecord }
  const { url } = terms.resource
  const body = callBody(call)
  const outcome = await door.sell({
    terms,
    request: {
      method: 'POST',
      url,
      body,
      requestHash: requestHashOf('POST', url, body),
      headers: payment === undefined ? {} : { 'payment-signature': payment },
    },
    // One task is one call: a payment that comes again for it is answered again and not charged again.
    paymentId: `task_${taskId}`,
    work,
  })
  return answerOf(outcome)
}

const stillUnknown = 'Nobody can say yet what became of the payment. Send the same payment again; do not sign another.'

function answerOf(outcome: MessageOutcome): TaskSaleResult {
  if (outcome.kind === 'failed') throw outcome.error
  if (outcome.kind === 'sold') {
    const receipt = x402Payload(outcome.headers['payment-response'] as string)
    return { state: 'completed', data: outcome.answer, metadata: a2aPaid(receipt) }
  }
  if (outcome.kind === 'acted') {
    const receipt = x402Payload(outcome.headers['payment-response'] as string)
    return { state: 'completed', data: outcome.body, metadata: a2aPaid(receipt) }
  }
  if (outcome.kind === 'demanded')
    return { state: 'input-required', text: 'This costs something.', metadata: a2aDemand(outcome.demand['x402']?.body) }
  if (outcome.kind === 'refused') {
    const { error, demand, failure } = outcome
    const receipt = failure['payment-response']
    const receipts = receipt === undefined ? [] : [x402Payload(receipt)]
    const text = `The payment does not hold: ${messageError(error)['message']}`
    return { state: 'input-required', text, metadata: a2aDemand(demand['x402']?.body, reasonOf(error), receipts) }
  }
  const error = messageError(outcome.error)
  if (outcome.kind === 'undecided') {
    const metadata = a2aPending(reasonOf(outcome.error), error)
    return { state: 'input-required', text: stillUnknown, metadata }
  }
  const text = `The payment is not taken: ${error['message']}`
  return { state: 'failed', text, metadata: a2aFailed(reasonOf(outcome.error), error) }
}
