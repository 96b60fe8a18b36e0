/** Calls that were committed to before: the same commitment goes again, or its end is found out (specs/0022 section 8). */
import type { Commitment } from '../rules/terms.ts'
import type { PaymentOption } from './client-wire.ts'
import { expiryMarginSeconds, isUsed } from './ended-authorizations.ts'
import { answerLost, outcomeUnknown } from './payer-errors.ts'
import type { PayerParts } from './payer-parts.ts'
import type { PayerCall } from './payer-store.ts'
import type { CallToPay, OpenPayment } from './payer-types.ts'

/**
 * The earlier commitment once more, or undefined when it can no longer be charged. Throws `payments/answer-lost` and
 * `payments/outcome-unknown`.
 */
export async function resumeCall(
  parts: PayerParts,
  call: CallToPay,
  earlier: PayerCall,
): Promise<OpenPayment | undefined> {
  const { calls, channels, upTo, settings } = parts
  const { paymentId, commitment, maximumAtomic } = earlier
  if (calls.isLive(paymentId)) throw outcomeUnknown(paymentId)
  calls.enter(paymentId)
  const nowSeconds = Math.floor(settings.clock.nowMs() / 1000)
  const option = optionOf(call, earlier)
  try {
    if (commitment.backEnd === 'channel') {
      if (option === undefined) {
        // Other terms than then. The voucher stays open and no higher one is signed for it.
        calls.leave(paymentId)
        return undefined
      }
      channels.resume(commitment, paymentId, maximumAtomic)
      return again(call, earlier, option)
    }
    const { validBefore } = commitment.authorization
    if (await isUsed(parts, commitment)) {
      await calls.finishCall(earlier, 'lost', maximumAtomic)
      throw answerLost(paymentId, maximumAtomic)
    }
    if (option !== undefined && Number(validBefore) > nowSeconds) {
      if (commitment.backEnd === 'upTo') upTo.resume(paymentId, commitment.authorization)
      return again(call, earlier, option)
    }
    if (Number(validBefore) + expiryMarginSeconds > nowSeconds) throw outcomeUnknown(paymentId)
    // Without a ledger nobody can tell whether it was used before it expired.
    const isFree = settings.ledger !== undefined
    await calls.finishCall(earlier, isFree ? 'free' : 'lost', isFree ? 0n : maximumAtomic)
    if (!isFree) throw answerLost(paymentId, maximumAtomic)
    calls.leave(paymentId)
    return undefined
  } catch (error) {
    calls.leave(paymentId)
    throw error
  }
}

/** A call that was paid: a seller that takes payment ids answers it once more for the same commitment. Throws `payments/answer-lost`. */
export function askAgain(call: CallToPay, paid: PayerCall): OpenPayment {
  const option = optionOf(call, paid)
  if (option === undefined || !call.challenge.takesPaymentId) throw answerLost(paid.paymentId, paid.maximumAtomic)
  return again(call, paid, option)
}

function again(call: CallToPay, { paymentId, commitment }: PayerCall, option: PaymentOption): OpenPayment {
  const { challenge } = call
  return { call: { ...call, paymentId }, challenge, option, commitment, paymentId, mayBeCharged: true }
}

function optionOf({ challenge }: CallToPay, { commitment, maximumAtomic }: PayerCall): PaymentOption | undefined {
  return challenge.options.find((offered) => suits(commitment, maximumAtomic, offered))
}

/** Whether a commitment that was made before pays for this option. */
function suits(commitment: Commitment, maximumAtomic: bigint, option: PaymentOption): boolean {
  const { terms, backEnd } = option
  if (backEnd !== commitment.backEnd) return false
  if (commitment.backEnd === 'exact') {
    const { to, token, valueAtomic } = commitment.authorization
    return to === terms.payTo && token === terms.asset.token && valueAtomic === terms.maximumAtomic
  }
  if (commitment.backEnd === 'upTo') {
    const { to, token, maximumAtomic: ceilingAtomic, facilitator } = commitment.authorization
    const isSame = to === terms.payTo && token === terms.asset.token && ceilingAtomic === terms.maximumAtomic
    return isSame && facilitator === option.upTo?.facilitator
  }
  const { receiver, token, receiverAuthorizer, withdrawDelay } = commitment.config
  const isSameChannel =
    option.channel?.receiverAuthorizer === receiverAuthorizer && option.channel.withdrawDelaySeconds === withdrawDelay
  const isSamePayee = receiver === terms.payTo && token === terms.asset.token
  return isSamePayee && isSameChannel && terms.maximumAtomic <= maximumAtomic
}
