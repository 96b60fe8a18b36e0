/** Event streams that cost by the event: who pays by the step pays for what it reads (specs/0022 section 7.5). */
import { EventCutter } from '@koinon/base/node'
import type { PaidAnswer } from '@koinon/payments/paywall'
import type { StreamPart } from '@koinon/payments/provider'
import type { PaymentTerms } from '@koinon/payments/rules'

export type EventPrice = {
  readonly priceAtomic: bigint
  /** Events that a call may have; a payer that takes no steps holds the price of so many. */
  readonly most: number
}

/** Events that one step covers. */
const stepEvents = 50n

/** Terms of a call that costs its price and its events. By channels alone: an exact payment would pay for all that may come. */
export function eventTerms(terms: PaymentTerms, { priceAtomic, most }: EventPrice): PaymentTerms {
  const stepAtomic = terms.maximumAtomic + stepEvents * priceAtomic
  const maximumAtomic = terms.maximumAtomic + BigInt(most) * priceAtomic
  const step = stepAtomic < maximumAtomic ? { stepAtomic } : {}
  return { ...terms, maximumAtomic, ...step, backEnds: ['channel'] }
}

/** The answer with its charge: the call's price, and the events' where it is a stream. It ends behind the most events. */
export function byTheEvent(answer: PaidAnswer, callAtomic: bigint, { priceAtomic, most }: EventPrice): PaidAnswer {
  const { status, headers = {} } = answer
  if ('body' in answer) return { status, headers, body: answer.body, chargedAtomic: callAtomic }
  if (!('chunks' in answer)) return answer
  if (!/^text\/event-stream/i.test(headers['content-type'] ?? ''))
    return { status, headers, chunks: answer.chunks, charge: () => callAtomic }
  return { status, headers, parts: partsOf(answer.chunks, callAtomic, priceAtomic, most) }
}

async function* partsOf(
  chunks: AsyncIterable<Uint8Array | string>,
  callAtomic: bigint,
  priceAtomic: bigint,
  most: number,
): AsyncGenerator<StreamPart> {
  const cutter = new EventCutter()
  let sent = 0
  for await (const chunk of chunks) {
    for (const bytes of cutter.push(Buffer.from(chunk))) {
      if (sent === most) return
      yield { bytes, costAtomic: priceAtomic + (sent === 0 ? callAtomic : 0n) }
      sent += 1
    }
  }
  const rest = cutter.rest()
  if (rest.length > 0) yield { bytes: rest, costAtomic: sent === 0 ? callAtomic : 0n }
}
