import { backoffMs, isKoinonError, type Random, sleep } from '@koinon/base'
import type { Challenge, WireReceipt } from './client-wire.ts'
import type { CallToPay, OpenPayment, Payer, PaymentReceipt } from './payer.ts'
import { outcomeUnknown, paymentRefused } from './payer-errors.ts'

/** What came of sending a commitment once. */
export type Outcome<answer> =
  | { readonly kind: 'answered'; readonly answer: answer; readonly receipt?: WireReceipt | undefined }
  /** The answer is paid on while it comes, or its receipt comes behind it; whoever reads it tells the payer of its end. */
  | { readonly kind: 'coming'; readonly answer: answer }
  /** The seller asks (again) for money. */
  | { readonly kind: 'required'; readonly challenge: Challenge | undefined; readonly receipt?: WireReceipt | undefined }
  /** Lost, timed out, or a failure of the seller, whose words are `answer`. */
  | { readonly kind: 'unknown'; readonly answer?: answer; readonly cause?: unknown; readonly retryAfterMs?: number }

export type PaidCallOptions<answer> = {
  readonly payer: Payer
  readonly call: CallToPay
  /** What was signed for the call already (`Payer.commitRemembered`). */
  readonly first?: OpenPayment | undefined
  send(payment: OpenPayment): Promise<Outcome<answer>>
  readonly random: Random
  readonly nowMs: () => number
  readonly signal?: AbortSignal | undefined
}

export type BoughtAnswer<answer> = {
  readonly answer: answer
  readonly receipt: PaymentReceipt | undefined
  /** Of an answer that is still to be paid on, or to be accounted for: what was signed when it began. */
  readonly coming?: OpenPayment
}

const signed = new WeakSet<object>()

/** Whether an error came when a commitment had been signed for the call: it may have been charged. */
export function wasSigned(error: unknown): boolean {
  return typeof error === 'object' && error !== null && signed.has(error)
}

/** How often a seller is asked again that answers, but with a failure of its own. */
const failuresRepeated = 2
const correctionsFollowed = 6
/** How often a call waits for others, whose charge may be the one that the seller states. */
const mostWaits = 8

/**
 * Pays for one call, whatever carries it: commits, sends, and repeats the same commitment until the seller says what became of it or the deadline
 * passes. Throws what `Payer` throws, `payments/payment-refused` and `payments/outcome-unknown`.
 */
export async function payCall<answer>(options: PaidCallOptions<answer>): Promise<BoughtAnswer<answer>> {
  const { payer, call, random, nowMs, signal } = options
  let payment = options.first ?? (await payer.commit(call))
  try {
    let corrections = 0
    let failures = 0
    let waits = 0
    for (let attempt = 0; ; attempt++) {
      signal?.throwIfAborted()
      const outcome = await options.send(payment)
      if (outcome.kind === 'answered') {
        return { answer: outcome.answer, receipt: await payer.answered(payment, outcome.receipt) }
      }
      if (outcome.kind === 'coming') return { answer: outcome.answer, receipt: undefined, coming: payment }
      const deadlineMs = deadlineOf(call, payment, outcome)
      const isLate = nowMs() >= deadlineMs
      if (outcome.kind === 'required') {
        const { challenge, receipt } = outcome
        if (challenge?.problem === 'busy' && !isLate) {
          payer.busy(payment, challenge)
          await pause(attempt, deadlineMs)
          continue
        }
        if (challenge !== undefined && !isLate && waits < mostWaits && payer.awaitsOthers(payment, challenge)) {
          waits++
          await pause(attempt, deadlineMs)
          continue
        }
        const next =
          challenge === undefined || corrections++ >= correctionsFollowed || isLate
            ? undefined
            : await payer.correct(payment, challenge)
        if (next !== undefined) {
          payment = next
          continue
        }
        const isCovered = await payer.refused(payment)
        throw paymentRefused(receipt?.error ?? challenge?.error, payment.paymentId, isCovered)
      }
      payment = { ...payment, mayBeCharged: true }
      const isFailure = outcome.answer !== undefined && outcome.retryAfterMs === undefined
      if (isLate || (isFailure && failures++ >= failuresRepeated)) {
        if (outcome.answer === undefined) throw outcomeUnknown(payment.paymentId, outcome.cause, call.origin)
        await payer.abandon(payment)
        return { answer: outcome.answer, receipt: undefined }
      }
      await pause(attempt, deadlineMs, outcome.retryAfterMs)
    }
  } catch (error) {
    await payer.abandon(payment)
    const isTold = isKoinonError(error) || signal?.aborted === true
    const told = isTold ? error : outcomeUnknown(payment.paymentId, error, call.origin)
    if (typeof told === 'object' && told !== null) signed.add(told)
    throw told
  }

  function pause(attempt: number, deadlineMs: number, leastMs = 0): Promise<void> {
    const unit = ((random(1)[0] as number) + 1) / 256
    const left = Math.max(0, deadlineMs - nowMs())
    return sleep(Math.min(left, Math.max(leastMs, backoffMs(attempt, 100, 5_000, unit))), signal)
  }
}

/** A seller that says when to ask again about a deposit waits for its chain; so does the payer, until the deposit is over. */
function deadlineOf(call: CallToPay, { commitment }: OpenPayment, outcome: Outcome<unknown>): number {
  const deposit = commitment.backEnd === 'channel' ? commitment.deposit : undefined
  if (outcome.kind !== 'unknown' || outcome.retryAfterMs === undefined || deposit === undefined) return call.deadlineMs
  return Math.max(call.deadlineMs, Number(deposit.validBefore) * 1000)
}
