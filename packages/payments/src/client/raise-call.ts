import { type AllowedAsset, allowedAsset } from '../rules/payer-policy.ts'
import type { PayerParts } from './payer-parts.ts'
import type { OpenPayment } from './payer-types.ts'
import { signOption, termsObjection } from './sign-call.ts'

/**
 * Signs for one step more of a stream under way: a voucher in place of the one before, for all of the call. Durable when it resolves. Undefined
 * where the back end has no steps. Throws why limits, budget or money end here; the payment then stands as it is.
 */
export async function raiseCall(
  parts: PayerParts,
  payment: OpenPayment,
  stepAtomic: bigint,
): Promise<OpenPayment | undefined> {
  const { call, commitment, option, paymentId } = payment
  if (commitment.backEnd !== 'channel') return undefined
  const terms = { ...option.terms, maximumAtomic: option.terms.maximumAtomic + stepAtomic }
  const raised = { ...option, terms }
  const objection = termsObjection(parts, call, raised)
  if (objection !== undefined) throw objection
  // It stands in the line with all that it may cost now.
  parts.channels.release(commitment.voucher.channelId, paymentId)
  return signOption(parts, call, raised, allowedAsset(terms, parts.settings.policy) as AllowedAsset)
}
