/** An event stream that is paid by the step: events wait until a voucher covers them (specs/0022-machine-payments.md section 7.4). */
import { EventCutter } from '@koinon/base/node'
import { doneEvent } from '../rules/sse.ts'
import type { StepPayments } from './caller.ts'
import { answerTooLong, type Delivery, type StreamDelivery } from './delivery.ts'

export type SteppedDeliveryOptions = {
  readonly inner: StreamDelivery
  readonly payments: StepPayments
  /** What the answer costs by its so many events, pico-dollars. */
  readonly priceOf: (events: number) => bigint
  /** The payer does not go on: nothing more is to be generated. */
  readonly stop: () => void
  /** Events of one step. The next voucher is asked for when half of one is left. */
  readonly stepEvents: number
  /** Of the whole answer, what waits or has no end yet included. */
  readonly maximumBytes: number
}

/** Steps that a fast provider may run ahead while a voucher is on its way; what a payer who stops can make a gateway lose. */
const mostStepsWaiting = 8
const done = Buffer.from(doneEvent)

/** Passes events on as far as they are paid. After `stop` they count for the hash and reach nobody. */
export function createSteppedDelivery(options: SteppedDeliveryOptions): Delivery {
  const { inner, payments, priceOf, stop, stepEvents, maximumBytes } = options
  const cutter = new EventCutter()
  const waiting: Buffer[] = []
  let events = 0
  let bytes = 0
  let isStopped = false
  let failure: unknown
  let passing: Promise<void> | undefined
  let asking: Promise<boolean> | undefined
  const ask = (event: Uint8Array): void => inner.interject(event)
  const end = (): void => {
    if (isStopped) return
    isStopped = true
    inner.mute()
    stop()
  }
  const askAhead = (): Promise<boolean> => {
    asking ??= payments.cover(priceOf(events + Math.ceil(stepEvents / 2)), ask).finally(() => {
      asking = undefined
    })
    return asking
  }
  const isCovered = async (): Promise<boolean> => {
    while (priceOf(events) > payments.coveredPicoUsd) if (!(await askAhead())) return false
    if (priceOf(events + Math.ceil(stepEvents / 2)) > payments.coveredPicoUsd) void askAhead()
    return true
  }
  const pass = async (): Promise<void> => {
    for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
      events += 1
      if (!isStopped && !(await isCovered())) end()
      inner.data(event)
    }
  }
  const begin = (): void => {
    passing ??= pass()
      .catch((error) => {
        failure ??= error
      })
      .finally(() => {
        passing = undefined
        // What came after the last turn of the loop and before now.
        if (waiting.length > 0) begin()
      })
  }
  const allPassed = async (): Promise<void> => {
    const turn = passing
    if (turn === undefined) return
    await turn
    await allPassed()
  }
  return {
    get isComplete() {
      return inner.isComplete || cutter.last?.equals(done) === true
    },
    data(part) {
      if (failure !== undefined) throw failure
      bytes += part.length
      if (bytes > maximumBytes) throw answerTooLong(maximumBytes)
      waiting.push(...cutter.push(part))
      if (waiting.length > mostStepsWaiting * stepEvents) end()
      if (waiting.length > 0) begin()
    },
    async drained() {
      await allPassed()
      const rest = cutter.rest()
      if (failure === undefined && rest.length > 0) inner.data(rest)
      if (failure !== undefined) throw failure
    },
    close: () => inner.close(),
    copy: () => undefined,
    finish(bundle, headers, closing) {
      inner.finish(bundle, headers, closing)
    },
    fail(error) {
      end()
      inner.fail(error)
    },
  }
}
