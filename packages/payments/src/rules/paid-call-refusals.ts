/** The errors of specs/0022-machine-payments.md sections 3 to 5; `details.status` is the HTTP status on every wire that has one. */
import { type Hex, KoinonError } from '@koinon/base'
import type { BackEnd } from './terms.ts'
import { permit2Address } from './up-to.ts'

/** What a payer needs to sign anew: figures in atomic units, the kept voucher as proof of what it signed. */
export type ChannelStanding = {
  readonly channelId: Hex
  readonly depositAtomic: bigint
  readonly claimedAtomic: bigint
  readonly owedAtomic: bigint
  readonly keptAtomic: bigint
  readonly keptSignature: Hex | undefined
  /** The voucher that would be taken now. */
  readonly nextAtomic: bigint
}

/** The same commitment is under way. */
export function commitmentBusy(): KoinonError {
  return new KoinonError({
    code: 'payments/commitment-busy',
    message: 'A call with this very payment is under way',
    hint: 'Wait for its answer, or sign another payment for another call.',
    retry: 'later',
    details: { status: 409, retryAfterSeconds: 1 },
  })
}

/** The voucher does not cover what is owed and under way and this call. */
export function voucherShort(voucherAtomic: bigint, standing: ChannelStanding): KoinonError {
  return new KoinonError({
    code: 'payments/voucher-short',
    message: `The voucher of ${voucherAtomic} atomic units does not cover this call; one of ${standing.nextAtomic} would now`,
    hint: 'Sign a new voucher from the state of the channel.',
    details: { status: 402, channel: standingToJson(standing) },
  })
}

/** The voucher exceeds what the channel holds. */
export function voucherOverDeposit(voucherAtomic: bigint, standing: ChannelStanding): KoinonError {
  return new KoinonError({
    code: 'payments/voucher-over-deposit',
    message: `The voucher names ${voucherAtomic} atomic units, the channel holds ${standing.depositAtomic}`,
    hint: 'Top up the channel first; a new deposit is seen within seconds.',
    retry: 'later',
    details: { status: 402, depositAtomic: standing.depositAtomic.toString(), channel: standingToJson(standing) },
  })
}

/** The voucher is not its payer's. */
export function voucherForged(): KoinonError {
  return new KoinonError({
    code: 'payments/voucher-forged',
    message: "The voucher does not hold: the channel's authorizer did not sign it",
    details: { status: 402 },
  })
}

/** A payment that would not settle; `reason` is a `SettlementRefusal`. Nothing was done. */
export function authorizationRefused(
  reason: string,
  detail: string,
  backEnd: Exclude<BackEnd, 'channel'> = 'exact',
): KoinonError {
  return new KoinonError({
    code: 'payments/authorization-refused',
    message: `The authorization cannot be settled: ${detail}`,
    hint: hints[reason] ?? 'Sign a new authorization for these terms with an account that holds the amount.',
    details: { status: 402, reason, backEnd },
  })
}

const hints: Readonly<Record<string, string>> = {
  'allowance-missing': `Send an EIP-2612 permit of exactly the amount along, or approve that much of the token for ${permit2Address}.`,
  'not-facilitator': 'Ask for the terms again; they name the account that settles.',
}

/** An authorization that has paid for an answer already. */
export function authorizationUsed(): KoinonError {
  return new KoinonError({
    code: 'payments/authorization-used',
    message: 'This authorization has paid for another call',
    hint: 'Sign a new authorization for each call.',
    details: { status: 402, reason: 'nonce-used' },
  })
}

/** The money did not move, so nothing is released. */
export function settlementRefused(
  reason: string,
  detail: string,
  backEnd: Exclude<BackEnd, 'channel'> = 'exact',
): KoinonError {
  return new KoinonError({
    code: 'payments/settlement-refused',
    message: `The payment was refused when it was settled: ${detail}`,
    hint: 'Sign a new authorization; the account must keep the amount until the answer comes.',
    details: { status: 402, reason, backEnd },
  })
}

/** Nobody knows yet whether the money moved. */
export function settlementUnknown(detail: string): KoinonError {
  return new KoinonError({
    code: 'payments/settlement-unknown',
    message: `Whether the payment was settled is not known yet: ${detail}`,
    hint: 'Send the same request with the same payment again; do not sign another one.',
    retry: 'unknown',
    details: { status: 503, retryAfterSeconds: 5 },
  })
}

/** A deposit that did not reach the channel. */
export function depositRefused(reason: string, detail: string): KoinonError {
  return new KoinonError({
    code: 'payments/deposit-refused',
    message: `The deposit into the channel was refused: ${detail}`,
    hint: 'Sign a new deposit with an account that holds the amount.',
    details: { status: 402, reason },
  })
}

/** A call of this payer with this id is under way. */
export function paymentIdBusy(): KoinonError {
  return new KoinonError({
    code: 'payments/payment-id-busy',
    message: 'A call with this payment id is under way',
    hint: 'Ask again with the same id for its answer.',
    retry: 'later',
    details: { status: 409, retryAfterSeconds: 1 },
  })
}

/** The id names another request. */
export function paymentIdReused(): KoinonError {
  return new KoinonError({
    code: 'payments/payment-id-reused',
    message: 'This payment id named another request',
    hint: 'Use a new id for each request.',
    details: { status: 422 },
  })
}

function standingToJson(standing: ChannelStanding): Readonly<Record<string, string>> {
  return {
    channelId: standing.channelId,
    depositAtomic: standing.depositAtomic.toString(),
    claimedAtomic: standing.claimedAtomic.toString(),
    owedAtomic: standing.owedAtomic.toString(),
    keptAtomic: standing.keptAtomic.toString(),
    nextAtomic: standing.nextAtomic.toString(),
    ...(standing.keptSignature === undefined ? {} : { keptSignature: standing.keptSignature }),
  }
}

/** The call was done, and its answer is gone. */
export function answerNotKept(): KoinonError {
  return new KoinonError({
    code: 'payments/answer-not-kept',
    message: 'This call was done and paid before, and its answer was too long to keep',
    hint: 'Ask anew, with another id or none: that is a new call, and costs again.',
    details: { status: 410 },
  })
}
