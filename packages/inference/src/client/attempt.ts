/** One provider's try at one answer: reserve, ask, pass on, check the receipt, make it final. */
import { type Hex, isKoinonError, KoinonError } from '@koinon/base'
import type { Reservation } from '@koinon/payments/core'
import { gatewayPrices } from '../rules/gateway-price.ts'
import { amountOf, type InferenceWork, inferenceKind, inferenceWorkType, type TokenPrices } from '../rules/work.ts'
import { providerHeader, receiptHeader } from '../wire/headers.ts'
import { askProvider } from './ask-provider.ts'
import type { AttemptContext, GatewayTask } from './attempt-context.ts'
import type { Hold, SettledAnswer, UnbilledAnswer } from './caller.ts'
import { coveredPrices } from './covered-prices.ts'
import {
  createJsonDelivery,
  createKeptStreamDelivery,
  createStreamDelivery,
  type Delivery,
  type DeliveryOptions,
} from './delivery.ts'
import type { Candidate } from './provider-table.ts'
import type { ExpectedReceipt, InspectedReceipt } from './receipt-inspection.ts'
import { AttemptFailed, noChannel, roomOnItsWay } from './refusal.ts'
import { requireReceipt } from './require-receipt.ts'
import { createSteppedDelivery } from './stepped-delivery.ts'
import { mostTokens, upstreamWorstCasePicoUsd, userWorstCasePicoUsd } from './worst-case.ts'

export type AttemptResult = {
  readonly work: InferenceWork
  readonly firstByteAtMs: number
  readonly endedAtMs: number
}

/** Output tokens that one step of a stream covers, beside the whole prompt. */
export const stepTokens = 32

/** Runs the attempt. Throws `AttemptFailed`, or an error for the client (its channel is empty, the gateway's store failed). */
export async function attempt(
  context: AttemptContext,
  task: GatewayTask,
  candidate: Candidate,
): Promise<AttemptResult> {
  const { ledger } = context.modules.payments
  const hold = await task.caller.hold(userWorstCasePicoUsd(context, task, candidate))
  let upstream: Reservation | undefined
  try {
    upstream = reserveUpstream(context, candidate, upstreamWorstCasePicoUsd(task, candidate))
    return await run(context, task, candidate, { hold, upstream })
  } finally {
    hold.release()
    if (upstream !== undefined) ledger.release(upstream)
  }
}

/** Money is locked up for a provider at its first question, so the channel may still have to be opened. */
function reserveUpstream(context: AttemptContext, { link }: Candidate, maximumPicoUsd: bigint): Reservation {
  const { payments } = context.modules
  const channel = payments.channelTo(link.account, maximumPicoUsd)
  if (channel === 'coming') throw roomOnItsWay()
  if (channel === undefined) throw new AttemptFailed(noChannel(), undefined)
  try {
    return payments.ledger.reserve(channel.channelId, maximumPicoUsd)
  } catch (error) {
    // Other answers under way hold the room.
    const isForNow = isKoinonError(error) && error.code === 'payments/channel-empty' && error.retry === 'later'
    throw new AttemptFailed(error as KoinonError, undefined, isForNow ? 'forNow' : 'providersFault')
  }
}

async function run(
  context: AttemptContext,
  task: GatewayTask,
  candidate: Candidate,
  held: { readonly hold: Hold; readonly upstream: Reservation },
): Promise<AttemptResult> {
  const { clock } = context.modules
  const { limits } = context.options
  const { link } = candidate
  const prices = gatewayPrices(candidate.offer, context.options.marginBps)
  const delivery = deliveryFor(
    task,
    { ...mostTokens(task, candidate), prices },
    {
      response: task.response,
      headers: () => ({
        ...task.headers,
        'x-request-id': task.requestId,
        [receiptHeader]: task.requestId,
        [providerHeader]: link.account,
      }),
      maximumBytes: limits.responseBytes,
      unsentBytes: limits.unsentBytes,
      trailers: task.caller.receiptHeaderNames,
    },
  )
  const sentAtMs = clock.nowMs()
  try {
    const answer = await askProvider(context, task, candidate, held.upstream.channelId, delivery)
    await delivery.drained?.()
    const { hash, length } = closeDelivery(delivery)
    const endedAtMs = clock.nowMs()
    const expected: ExpectedReceipt = {
      chainId: context.options.chainId,
      requestId: task.requestId,
      payer: context.options.account,
      payee: link.account,
      channelId: held.upstream.channelId,
      requestHash: task.bodyHash,
      responseHash: hash,
      requestBytes: task.body.length,
      responseBytes: length,
      isCancelled: answer.isCancelled || task.gone.aborted,
      request: task.request,
      model: candidate.offer,
      nowMs: endedAtMs,
    }
    const inspected = await requireReceipt(context, candidate, answer.trailer, expected)
    const work = { ...inspected.work, ...coveredPrices(task.caller.steps, inspected.work, prices) }
    const copy = delivery.copy()
    const settled = await finalizeOrOwe(context, held.hold, inspected, {
      requestId: task.requestId,
      kind: inferenceKind,
      requestHash: task.bodyHash,
      responseHash: hash,
      work: inferenceWorkType.toJson(work),
      workHash: inferenceWorkType.hash(work),
      amountPicoUsd: amountOf(work, work),
      times: { receivedAtMs: task.receivedAtMs, firstByteAtMs: answer.firstByteAtMs, endedAtMs },
      rung: inspected.signed.receipt.rung,
      upstream: inspected.signed,
      upstreamReservation: held.upstream,
      ...(copy === undefined ? {} : { copy }),
    })
    if (task.caller.steps !== undefined) {
      context.stepRisk.lose(link.account, inspected.signed.receipt.amountPicoUsd - amountOf(work, work), endedAtMs)
    }
    delivery.finish(settled.bundle, settled.headers, settled.closing)
    if (answer.isCancelled && !task.gone.aborted) link.reachedTimeLimit(endedAtMs - sentAtMs)
    else link.succeeded(answer.firstByteAtMs - sentAtMs)
    return { work, firstByteAtMs: answer.firstByteAtMs, endedAtMs }
  } catch (error) {
    if (task.response.headersSent) delivery.fail(endingOf(error))
    throw error
  }
}

/** How the answer goes to the client: whole, kept back, as it comes, or as it is paid. */
function deliveryFor(
  { caller, request, stop }: GatewayTask,
  { promptTokens, prices }: { readonly promptTokens: number; readonly prices: TokenPrices },
  options: DeliveryOptions,
): Delivery {
  if (!request.stream) return createJsonDelivery(options)
  if (!caller.mayStream) return createKeptStreamDelivery(options)
  const inner = createStreamDelivery(options)
  if (caller.steps === undefined) return inner
  const priceOf = (events: number): bigint => amountOf({ promptTokens, outputTokens: events }, prices)
  const { maximumBytes } = options
  return createSteppedDelivery({ inner, payments: caller.steps, priceOf, stop, stepEvents: stepTokens, maximumBytes })
}

/** Whatever keeps our own side from becoming final, the provider has done its work and is owed for it. */
async function finalizeOrOwe(
  { modules }: AttemptContext,
  hold: Hold,
  { signed }: InspectedReceipt,
  answer: UnbilledAnswer,
): Promise<SettledAnswer> {
  try {
    return await hold.finalize(answer)
  } catch (error) {
    await modules.payments.ledger.recordDebt(signed, 'unbilled').catch(() => undefined)
    throw error
  }
}

function closeDelivery(delivery: Delivery): { readonly hash: Hex; readonly length: number } {
  try {
    return delivery.close()
  } catch (error) {
    throw new AttemptFailed(error as KoinonError, 'unreachable')
  }
}

/** What a client reads at the end of a stream that broke: nobody was charged. */
function endingOf(error: unknown): unknown {
  const cause = error instanceof AttemptFailed ? error.error : error
  const reason = isKoinonError(cause) ? cause.message : 'the gateway failed'
  return new KoinonError({
    code: 'provider_failed',
    message: `The answer broke off and was not charged: ${reason}`,
    hint: 'Send the request again.',
    retry: 'now',
    details: { status: 502 },
  })
}
