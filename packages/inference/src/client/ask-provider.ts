/** Asks one provider and passes its body on; stops it when the client is gone. */
import { type Hex, isKoinonError, KoinonError, sleep } from '@koinon/base'
import { encodeVoucherHeader, voucherHeader } from '@koinon/payments/rules'
import type { Authorization } from '@koinon/work/node'
import { channelHeader, receiptHeader, requestIdHeader } from '../wire/headers.ts'
import { callPooledNode } from '../wire/pooled-node-call.ts'
import type { AttemptContext, GatewayTask } from './attempt-context.ts'
import type { Delivery } from './delivery.ts'
import { callProvider } from './provider-call.ts'
import type { Candidate } from './provider-table.ts'
import { AttemptFailed, isSessionUnknown, providerRefusal } from './refusal.ts'

const maximumRefusalBytes = 65_536
const cancelRepeatMs = 50
/** Given as the reason, it saves every answer an exception with a stack of its own. */
const answerEnded = 'the answer has ended'

/** What came of asking: the receipt's trailer, if one came. */
type Asked = { readonly trailer: string | undefined; readonly firstByteAtMs: number; readonly isCancelled: boolean }

/** Asks under the session with the provider; one that was started anew knows none and is asked once more, signed. */
export async function askProvider(
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
  const cancellation = cancelWhenOver(context, task, candidate, give)
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
        headersTimeoutMs: task.request.stream
          ? limits.firstByteTimeoutMs
          : limits.answerTimeoutMs + limits.cancelTimeoutMs,
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
    if (status !== 200) throw providerRefusal(status, Buffer.concat(refusal))
    const trailer = trailers[receiptHeader]
    return {
      trailer: typeof trailer === 'string' ? trailer : undefined,
      firstByteAtMs: firstByteAtMs ?? clock.nowMs(),
      isCancelled: cancellation.isCancelled(),
    }
  } catch (error) {
    if (error instanceof AttemptFailed) throw error
    if (firstByteAtMs === undefined || !delivery.isComplete) throw failureOf(error)
    // All of the answer is here and only its receipt is missing: it may have become final all the same.
    return { trailer: undefined, firstByteAtMs, isCancelled: cancellation.isCancelled() }
  } finally {
    cancellation.stop()
  }
}

/** Tells the provider to stop when the client hangs up or time is over; the answer then ends soon, with a receipt for what was generated. */
function cancelWhenOver(
  context: AttemptContext,
  task: GatewayTask,
  { link }: Candidate,
  give: AbortController,
): { readonly isCancelled: () => boolean; readonly stop: () => void } {
  const { cancelTimeoutMs, answerTimeoutMs } = context.options.limits
  const giveUp = (): void => {
    const message = 'The provider did not end a cancelled answer'
    give.abort(new KoinonError({ code: 'gateway/given-up', message, retry: 'later' }))
  }
  const ended = new AbortController()
  let isCancelled = false
  const cancel = (): void => {
    if (isCancelled) return
    isCancelled = true
    clearTimeout(timer)
    timer = setTimeout(giveUp, cancelTimeoutMs)
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
  let timer = setTimeout(cancel, answerTimeoutMs)
  if (task.gone.aborted) cancel()
  else task.gone.addEventListener('abort', cancel, { once: true })
  const stop = (): void => {
    ended.abort(answerEnded)
    clearTimeout(timer)
    task.gone.removeEventListener('abort', cancel)
  }
  return { isCancelled: () => isCancelled, stop }
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

function failureOf(error: unknown): AttemptFailed {
  const known = isKoinonError(error)
    ? error
    : new KoinonError({ code: 'gateway/unreachable', message: (error as Error).message, cause: error })
  return new AttemptFailed(known, known.code === 'gateway/bad-answer' ? 'dishonest' : 'unreachable')
}

function clientGone(): KoinonError {
  return new KoinonError({ code: 'gateway/client-gone', message: 'The client went away before anybody was asked' })
}
