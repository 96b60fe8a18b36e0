import { type Address, fetchFailureReason, isKoinonError, KoinonError } from '@koinon/base'
import { permit2Address } from '../rules/up-to.ts'
import type { PayerCover } from './payer-cover.ts'

/** Charged, or perhaps charged, and the answer never came. Paying again is the caller's decision. */
export function answerLost(paymentId: string, maximumAtomic: bigint): KoinonError {
  return new KoinonError({
    code: 'payments/answer-lost',
    message: 'This call was paid and its answer was lost on the way',
    hint: 'The seller may find it by the payment id; the same call sent again is a new one and paid anew.',
    details: { paymentId, maximumAtomic: maximumAtomic.toString() },
  })
}

/** The seller has the commitment and did not say what became of it. */
export function outcomeUnknown(paymentId: string, cause?: unknown, seller = 'The seller'): KoinonError {
  const reason = cause === undefined ? '' : `: ${fetchFailureReason(cause)}`
  return new KoinonError({
    code: 'payments/outcome-unknown',
    message: `${seller} was sent a payment and did not say what became of it${reason}`,
    hint: 'Send the same call again: it goes with the same payment, so that it is paid at most once.',
    retry: 'unknown',
    details: { paymentId },
    cause,
  })
}

/** Nothing that the seller offers suits this payer; `reasons` in the seller's order. */
export function nothingPayable(reasons: readonly KoinonError[]): KoinonError {
  const [first] = reasons
  if (first !== undefined && reasons.every(({ code }) => code === first.code)) return first
  const sentences = new Set(reasons.map(({ message }) => message))
  const cure = reasons.find(({ code }) => code.startsWith('payments/budget-'))?.hint
  return new KoinonError({
    code: 'payments/nothing-payable',
    message:
      reasons.length === 0
        ? 'The seller offers no way to pay that this client knows'
        : `None of the ways to pay suits: ${[...sentences].join('; ')}`,
    hint: cure ?? 'Look at the terms with --dry-run, and at the limits and assets of the payer.',
    details: { reasons: reasons.map(({ code }) => code) },
  })
}

/** A payment was refused, and the ledger says that its payer does not hold what was signed for. */
export function payerShort(paymentId: string, { account, neededAtomic, heldAtomic }: PayerCover): KoinonError {
  return new KoinonError({
    code: 'payments/payer-short',
    message: `The payment was refused: ${account} holds ${heldAtomic} atomic units, and ${neededAtomic} were signed for`,
    hint: 'Send that account the rest. The same call sent again goes with the same payment as long as that is valid.',
    details: { paymentId, account, neededAtomic: neededAtomic.toString(), heldAtomic: heldAtomic.toString() },
  })
}

/**
 * The seller asks again after it was paid. What was signed stays valid, so nothing new is signed beside it. `details.isCovered` where the ledger
 * says that the payer holds what it signed for: then the refusal is the seller's alone.
 */
export function paymentRefused(reason: string | undefined, paymentId: string, isCovered = false): KoinonError {
  // Words of the wires are passed on. Sentences of a seller are not: a model may read this.
  const isWord = reason !== undefined && /^[\w/.:-]{1,100}$/.test(reason)
  return new KoinonError({
    code: 'payments/payment-refused',
    message: `The seller did not take the payment${isWord ? `: ${reason}` : ''}`,
    hint: 'Nothing else was signed. The same call sent again goes with the same payment as long as that is valid.',
    details: { paymentId, isCovered, ...(reason === undefined ? {} : { reason: reason.slice(0, 200) }) },
  })
}

/** The rest of a channel would come back too late, or sooner than the escrow admits. */
export function badDelay(seconds: number): KoinonError {
  return new KoinonError({
    code: 'payments/withdraw-delay',
    message: `The seller's channels give money back only after ${seconds} seconds`,
    hint: 'Pay this seller by exact payments, or allow a longer delay.',
  })
}

/** Channels need an escrow that the payer knows by its own means. */
export function noEscrow(chainId: number): KoinonError {
  return new KoinonError({
    code: 'payments/no-escrow',
    message: `This payer knows no escrow of channels on chain ${chainId}`,
    hint: 'Name the escrow and its collector with the asset.',
  })
}

/** Payments up to a ceiling need a signer that signs them and a ledger that tells what became of them. */
export function noPermit2(): KoinonError {
  return new KoinonError({
    code: 'payments/no-permit2',
    message: 'This payer signs no payments by Permit2',
    hint: 'Pay from a channel, or exactly.',
  })
}

/** Permit2 may not move what the payment could come to, and the seller sends no permit along. */
export function allowanceMissing(token: Address, neededAtomic: bigint): KoinonError {
  return new KoinonError({
    code: 'payments/permit2-allowance',
    message: `Permit2 may not move ${neededAtomic} atomic units of ${token} for this payer`,
    hint: `Approve exactly that much of the token for ${permit2Address}, or pay from a channel. Never approve more than you mean to spend.`,
    details: { token, neededAtomic: neededAtomic.toString() },
  })
}

const codesOfOneWay = [
  'payments/no-permit2',
  'payments/permit2-allowance',
  'payments/delegation-channels-only',
  'payments/too-much-in-channels',
  'payments/budget-cannot-deposit',
  'payments/budget-key-empty',
  'payments/budget-nonce-fixed',
]

/** Whether limits or a budget refuse an amount, so that a smaller one may suit. */
export function isOverMoney(error: unknown): error is KoinonError {
  if (!isKoinonError(error)) return false
  const { code, details } = error
  if (code === 'payments/over-limit' || code === 'payments/too-much-in-channels') return true
  return code === 'payments/budget-refused' && details?.['limit'] !== undefined
}

/** Whether only this way of paying does not work, so that the seller's next one is worth a try. */
export function isOfOneWay(error: unknown): error is KoinonError {
  return isKoinonError(error) && codesOfOneWay.includes(error.code)
}
