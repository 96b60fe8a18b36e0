import type { WireReceipt } from './client-wire.ts'
import type { OpenPayment, PaymentReceipt } from './payer-types.ts'

/** What is known of a payment; without `chargedAtomic` the seller has not stated a charge. */
export function paymentReceipt(
  { commitment, option, paymentId }: OpenPayment,
  receipt?: WireReceipt,
  chargedAtomic?: bigint,
): PaymentReceipt {
  return {
    paymentId,
    payer: commitment.backEnd === 'channel' ? commitment.config.payer : commitment.authorization.from,
    terms: option.terms,
    backEnd: option.backEnd,
    chargedAtomic: chargedAtomic ?? 0n,
    isStated: chargedAtomic !== undefined,
    ...(receipt?.transaction === undefined ? {} : { transaction: receipt.transaction }),
    ...(commitment.backEnd === 'channel' ? { channelId: commitment.voucher.channelId } : {}),
    ...(receipt === undefined ? {} : { raw: receipt.raw }),
  }
}
