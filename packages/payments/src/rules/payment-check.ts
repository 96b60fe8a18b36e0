/** Whether a receipt is that of a payment (specs/0026-agents.md section 7.3). */
import { type Address, type Hex, picoUsdToAtomic, picoUsdToAtomicUp } from '@koinon/base'
import { type Check, checkThat, fail, type Receipt } from '@koinon/work'
import type { BackEnd } from './terms.ts'

/** What a payer wrote down of a payment. */
export type RecordedPayment = {
  readonly payer: Address
  readonly payTo: Address
  readonly backEnd: BackEnd
  /** Atomic units of the asset. */
  readonly chargedAtomic: bigint
  /** Whether the seller stated the charge. */
  readonly isStated: boolean
  readonly channelId?: Hex
  /** That settled it, or filled its channel. */
  readonly transaction?: Hex
}

/** The receipt is of this payment, and the charge is what the receipt says. */
export function checkPayment(name: string, payment: RecordedPayment, receipt: Receipt): Check {
  const { backEnd, chargedAtomic, isStated, payer, payTo, channelId } = payment
  // What a channel owes is rounded up as one sum, so that a single charge may be rounded down.
  const leastAtomic = picoUsdToAtomic(receipt.amountPicoUsd)
  const mostAtomic = picoUsdToAtomicUp(receipt.amountPicoUsd)
  const isOfPayment =
    receipt.payer === payer && receipt.payee === payTo && (backEnd !== 'channel' || receipt.channelId === channelId)
  if (!isOfPayment) return fail(name, `the receipt is of ${receipt.payer} and ${receipt.payee}, on another account`)
  const isRight = chargedAtomic >= leastAtomic && (backEnd === 'exact' || chargedAtomic <= mostAtomic)
  return checkThat(
    name,
    !isStated || isRight,
    `${isStated ? `charged ${chargedAtomic}` : 'no charge stated'}, the receipt comes to ${receipt.amountPicoUsd} millionths of an atomic unit`,
  )
}
