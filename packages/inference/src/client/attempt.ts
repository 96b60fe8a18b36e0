/** One provider's try at one answer: reserve, ask, pass on, check the receipt, make it final. */
import type { ServerResponse } from 'node:http'
import { type Hex, isKoinonError, KoinonError, sleep } from '@koinon/base'
import type { AnswerHeaders } from '@koinon/base/node'
import type { Reservation } from '@koinon/payments/core'
import { encodeVoucherHeader, voucherHeader, worstCasePicoUsd } from '@koinon/payments/rules'
import { parseBundle, signedReceiptToJson } from '@koinon/work'
import type { Authorization } from '@koinon/work/node'
import { gatewayPrices } from '../rules/gateway-price.ts'
import { effectiveMaxTokens, type InferenceRequest } from '../rules/inference-request.ts'
import { promptTokenBound } from '../rules/receipt-check.ts'
import { amountOf, type InferenceWork, inferenceKind, inferenceWorkType, type TokenPrices } from '../rules/work.ts'
import { channelHeader, providerHeader, receiptHeader, requestIdHeader } from '../wire/headers.ts'
import { callPooledNode } from '../wire/pooled-node-call.ts'
import type { Caller, Hold, SettledAnswer, UnbilledAnswer } from './caller.ts'
import { coveredPrices } from './covered-prices.ts'
import {
  createJsonDelivery,
  createKeptStreamDelivery,
  createStreamDelivery,
  type Delivery,
  type DeliveryOptions,
} from './delivery.ts'
import type { GatewayModules, GatewayServerOptions } from './gateway-options.ts'
import { callProvider } from './provider-call.ts'
import type { ProviderSessions } from './provider-sessions.ts'
import type { Candidate } from './provider-table.ts'
import { type ExpectedReceipt, type InspectedReceipt, type ReceiptInspector } from './receipt-inspection.ts'
import { AttemptFailed, isSessionUnknown, noChannel, refusalOf, roomOnItsWay } from './refusal.ts'
import type { StepRisk } from './step-risk.ts'
import { createSteppedDelivery } from './stepped-delivery.ts'

/** A client's request, checked and ready for any provider. */
export type GatewayRequest = {
  readonly path: string
  readonly body: Buffer
  readonly bodyHash: Hex
  readonly request: InferenceRequest
  readonly caller: Caller
  readonly receivedAtMs: number
  readonly response: ServerResponse
  readonly headers: AnswerHeaders
  /** Aborts when the client has gone, or pays no more. */
  readonly gone: AbortSignal
  /** Aborts `gone`. */
  readonly stop: () => void
}

/** A request as one provider is asked it, under an id that nobody else is told. */
export type GatewayTask = GatewayRequest & { readonly requestId: Hex }

export type AttemptResult = {
  readonly work: InferenceWork
  readonly firstByteAtMs: number
  readonly endedAtMs: number
}

const maximumRefusalBytes = 65_536
const recoveryTimeoutMs = 2_000
const cancelRepeatMs = 50
/** Output tokens that one step of a stream covers, beside the whole prompt. */
export const stepTokens = 32
/** Given as the reason, it saves every answer an exception with a stack of its own. */
const answerEnded = 'the answer has ended'

export type AttemptContext = {
  readonly options: GatewayServerOptions
  readonly modules: GatewayModules
  readonly inspector: ReceiptInspector
  readonly sessions: ProviderSessions
  readonly stepRisk: StepRisk
}

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

/** The most that the client may have to pay for this provider's answer, or for so many tokens of it, pico-dollars. */
export function userWorstCasePicoUsd(
  context: AttemptContext,
  request: Pick<GatewayRequest, 'body' | 'request'>,
  candidate: Candidate,
  mostOutputTokens = Number.POSITIVE_INFINITY,
): bigint {
  const prices = gatewayPrices(candidate.offer, context.options.marginBps)
  const { promptTokens, maxTokens } = mostTokens(request, candidate)
  return worstCasePicoUsd({ promptTokens, maxTokens: Math.min(maxTokens, mostOutputTokens), ...prices })
}

function mostTokens({ body, request }: Pick<GatewayRequest, 'body' | 'request'>, { offer }: Candidate) {
  return {
    promptTokens: promptTokenBound(body.length, offer.contextLength),
    maxTokens: effectiveMaxTokens(request, offer.contextLength),
  }
}

/** The most that this provider's answer may cost the gateway itself, pico-dollars. */
export function upstreamWorstCasePicoUsd(
  request: Pick<GatewayRequest, 'body' | 'request'>,
  candidate: Candidate,
): bigint {
  return worstCasePicoUsd({ ...mostTokens(request, candidate), ...candidate.offer })
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
    const answer = await ask(context, task, candidate, held.upstream.channelId, delivery)
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
      isCancelled: task.gone.aborted,
      request: task.request,
      model: candidate.offer,
      nowMs: endedAtMs,
    }
    const inspected = await inspect(context, candidate, answer.trailer, expected)
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
    link.succeeded(answer.firstByteAtMs - sentAtMs)
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

type Asked = { readonly trailer: string | undefined; readonly firstByteAtMs: number }

/** Asks under the session with the provider; one that was started anew knows none and is asked once more, signed. */
async function ask(
  context: AttemptContext,
  task: GatewayTask,
  candidate: Candidate,
  channelId: Hex,
  delivery: Delivery,
): Promise<Asked> {
  const session = context.sessions.of(candidate.link)
  const request = { method: 'POST', path: task.path, bodyHash: task.bodyHash }
  const authorization = session.authorize(request)
  try {
    return await askOnce(context, task, candidate, { channelId, authorization }, delivery)
  } catch (error) {
    if (authorization.sessionId === undefined || !isSessionUnknown(error)) throw error
    session.forget(authorization.sessionId)
    return await askOnce(context, task, candidate, { channelId, authorization: session.sign(request) }, delivery)
  }
}

/** Sends the request and passes the body on. Resolves when the body has ended, with the receipt trailer if one came. */
async function askOnce(
  context: AttemptContext,
  task: GatewayTask,
  candidate: Candidate,
  { channelId, authorization }: { readonly channelId: Hex; readonly authorization: Authorization },
  delivery: Delivery,
): Promise<Asked> {
  const { clock, payments } = context.modules
  const { limits } = context.options
  const { link } = candidate
  if (task.gone.aborted) throw new AttemptFailed(clientGone(), undefined)
  const voucher = isVoucherUrgent(context, candidate, channelId) ? payments.voucherFor(channelId) : undefined
  let firstByteAtMs: number | undefined
  let status = 0
  const refusal: Buffer[] = []
  const give = new AbortController()
  const stopCancelling = cancelWhenGone(context, task, candidate, give)
  try {
    const trailers = await callProvider(
      {
        pool: link.pool,
        path: task.path,
        headers: {
          'content-type': 'application/json',
          [authorization.name]: authorization.value,
          [requestIdHeader]: task.requestId,
          [channelHeader]: channelId,
          ...(voucher === undefined ? {} : { [voucherHeader]: encodeVoucherHeader(voucher) }),
        },
        body: task.body,
        headersTimeoutMs: task.request.stream ? limits.firstByteTimeoutMs : limits.answerTimeoutMs,
        silenceTimeoutMs: limits.silenceTimeoutMs,
        signal: give.signal,
      },
      {
        start(answered) {
          status = answered
          if (status === 200 && voucher !== undefined) payments.confirmVoucher(voucher).catch(() => undefined)
        },
        data(part) {
          if (status === 200) {
            firstByteAtMs ??= clock.nowMs()
            delivery.data(part)
          } else if (refusal.length * 1_024 < maximumRefusalBytes) refusal.push(part.subarray(0, maximumRefusalBytes))
        },
      },
    )
    if (status !== 200) throw refusalOf(status, Buffer.concat(refusal))
    const trailer = trailers[receiptHeader]
    return { trailer: typeof trailer === 'string' ? trailer : undefined, firstByteAtMs: firstByteAtMs ?? clock.nowMs() }
  } catch (error) {
    if (error instanceof AttemptFailed) throw error
    if (firstByteAtMs === undefined || !delivery.isComplete) throw failureOf(error)
    // All of the answer is here and only its receipt is missing: it may have become final all the same.
    return { trailer: undefined, firstByteAtMs }
  } finally {
    stopCancelling()
  }
}

/** Tells the provider to stop when the client hangs up; the answer then ends soon, with a receipt for what was generated. */
function cancelWhenGone(
  context: AttemptContext,
  task: GatewayTask,
  { link }: Candidate,
  give: AbortController,
): () => void {
  const { cancelTimeoutMs, answerTimeoutMs } = context.options.limits
  const giveUp = (what: string) => () => {
    give.abort(new KoinonError({ code: 'gateway/given-up', message: what, retry: 'later' }))
  }
  let timer = setTimeout(giveUp('The answer took too long'), answerTimeoutMs)
  const ended = new AbortController()
  const cancel = (): void => {
    clearTimeout(timer)
    timer = setTimeout(giveUp('The provider did not end a cancelled answer'), cancelTimeoutMs)
    void sendCancel()
  }
  // The cancellation may overtake the request itself, so it is repeated until the provider knows it or the answer has ended.
  const sendCancel = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      const answer = await callPooledNode(context.modules, {
        dispatcher: link.pool,
        recipient: link.account,
        method: 'POST',
        path: `/v1/requests/${task.requestId}/cancel`,
        body: '{}',
        timeoutMs: cancelTimeoutMs,
      }).catch(() => undefined)
      if ((answer as { cancelled?: unknown } | undefined)?.cancelled === true) return
      await sleep(cancelRepeatMs, ended.signal)
    }
  }
  if (task.gone.aborted) cancel()
  else task.gone.addEventListener('abort', cancel, { once: true })
  return () => {
    ended.abort(answerEnded)
    clearTimeout(timer)
    task.gone.removeEventListener('abort', cancel)
  }
}

/** Checks the receipt; when the trailer got lost, asks the provider for it once. */
async function inspect(
  context: AttemptContext,
  { link }: Candidate,
  trailer: string | undefined,
  expected: ExpectedReceipt,
): Promise<InspectedReceipt> {
  try {
    return context.inspector.inspect(trailer ?? (await recover(context, link, expected.requestId)), expected)
  } catch (error) {
    throw isKoinonError(error) && error.code === 'gateway/bad-receipt'
      ? new AttemptFailed(error, trailer === undefined ? 'unreachable' : 'dishonest')
      : error
  }
}

async function recover(context: AttemptContext, link: Candidate['link'], requestId: Hex): Promise<string | undefined> {
  try {
    const json = await callPooledNode(context.modules, {
      dispatcher: link.pool,
      recipient: link.account,
      method: 'GET',
      path: `/v1/receipts/${requestId}`,
      timeoutMs: recoveryTimeoutMs,
    })
    const [hop] = parseBundle(json).hops
    return hop === undefined ? undefined : Buffer.from(JSON.stringify(signedReceiptToJson(hop))).toString('base64url')
  } catch {
    return undefined
  }
}

/**
 * A voucher rides along when the provider's credit is half used up; until then the courier brings one every 250 ms, which costs
 * one signature for many answers instead of one for each.
 */
function isVoucherUrgent(context: AttemptContext, { link }: Candidate, channelId: Hex): boolean {
  const state = context.modules.payments.book.get(channelId)
  const creditAtomic = link.offer?.offer.creditLimitAtomic ?? 0n
  return state !== undefined && 2n * (state.owedPicoUsd / 1_000_000n - state.voucherAtomic) >= creditAtomic
}

function closeDelivery(delivery: Delivery): { readonly hash: Hex; readonly length: number } {
  try {
    return delivery.close()
  } catch (error) {
    throw new AttemptFailed(error as KoinonError, 'unreachable')
  }
}

function failureOf(error: unknown): AttemptFailed {
  const known = isKoinonError(error)
    ? error
    : new KoinonError({ code: 'gateway/unreachable', message: (error as Error).message, cause: error })
  return new AttemptFailed(known, known.code === 'gateway/bad-answer' ? 'dishonest' : 'unreachable')
}

function clientGone(): KoinonError {
  return new KoinonError({ code: 'gateway/client-gone', message: 'The client went away before anybody was asked' })
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
