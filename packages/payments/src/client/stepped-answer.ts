/** Answers that are paid while they come (specs/0022-machine-payments.md section 7.4). */
import { KoinonError } from '@koinon/base'
import type { StepsEnd, WireReceipt } from './client-wire.ts'
import type { OpenPayment, Payer, PaymentReceipt } from './payer.ts'
import { isOfOneWay, isOverMoney } from './payer-errors.ts'

export type SteppedAnswerOptions = {
  readonly payer: Payer
  /** Signed for the first step. */
  readonly payment: OpenPayment
  readonly response: Response
  /** Sends headers to the call's own URL by HEAD. */
  readonly send: (headers: Readonly<Record<string, string>>) => Promise<Response>
  /** Called once, when the answer has ended or nobody reads it any more; undefined where the seller said nothing of a charge. */
  readonly onReceipt: (receipt: PaymentReceipt) => void
}

/**
 * The answer without its payments' events, paid on as it is read. Its body ends with `payments/stream-stopped` where payer or seller did not go
 * on; what was read by then is paid.
 */
export function steppedAnswer(options: SteppedAnswerOptions): Response {
  const { response } = options
  const { status, statusText, headers } = response
  const parts = readAndPay(options)
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await parts.next()
        if (done) controller.close()
        else controller.enqueue(value)
      } catch (error) {
        controller.error(error)
      }
    },
    async cancel() {
      await parts.return()
    },
  })
  return new Response(body, { status, statusText, headers })
}

async function* readAndPay(options: SteppedAnswerOptions): AsyncGenerator<Uint8Array, void, undefined> {
  const { payer, payment, response, send, onReceipt } = options
  const { wire } = payment.challenge
  const stepAtomic = payment.option.terms.maximumAtomic
  let current = payment
  let steps = 1
  let last: WireReceipt | undefined = wire.readReceipt(response)
  let refusal: KoinonError | undefined
  const raise = async () => {
    try {
      const next = await payer.raise(current, stepAtomic)
      if (next !== undefined) {
        current = next
        steps++
      }
      return next?.commitment
    } catch (error) {
      if (!isOverMoney(error) && !isOfOneWay(error)) throw error
      refusal = error
      return undefined
    }
  }
  const hear = (receipt: WireReceipt): void => {
    last = receipt
  }
  try {
    if (wire.readSteps === undefined) throw new Error(`${wire.name} has no steps`)
    const end = yield* wire.readSteps(response, payment, { raise, send, hear })
    if (end !== 'complete') throw streamStopped(end, refusal)
  } finally {
    onReceipt({ ...(await payer.answered(current, last)), steps })
  }
}

const reasons: Readonly<Record<Exclude<StepsEnd, 'complete'>, string>> = {
  budget: 'limits or budget end here',
  'demand-refused': 'the seller asked for more than one step, or for a step before it sent anything',
  'voucher-refused': 'the seller took no further voucher',
}

function streamStopped(end: Exclude<StepsEnd, 'complete'>, refusal: KoinonError | undefined): KoinonError {
  const isBudget = end === 'budget'
  return new KoinonError({
    code: 'payments/stream-stopped',
    message: `The stream was paid and read to here: ${isBudget && refusal !== undefined ? refusal.message : reasons[end]}`,
    hint: isBudget ? (refusal?.hint ?? 'Raise what a call may cost, or grant a larger budget.') : 'Ask again.',
    details: { end, ...(isBudget && refusal !== undefined ? { ...refusal.details, reason: refusal.code } : {}) },
  })
}
