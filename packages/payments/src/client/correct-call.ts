/** What a payer does with a 402 that answers a commitment (specs/0022 section 8). */
import type { KoinonError } from '@koinon/base'
import { knownAtomic } from '../rules/payer-channel.ts'
import { type AllowedAsset, allowedAsset, changedTerms, termsChanged } from '../rules/payer-policy.ts'
import type { Commitment } from '../rules/terms.ts'
import type { Challenge, PaymentOption } from './client-wire.ts'
import { answerLost } from './payer-errors.ts'
import type { PayerParts } from './payer-parts.ts'
import type { OpenPayment } from './payer-types.ts'
import { signOption, termsObjection } from './sign-call.ts'

type ChannelPayment = OpenPayment & { readonly commitment: Extract<Commitment, { readonly backEnd: 'channel' }> }

/**
 * Takes on what the seller proves of its books and signs anew for the same call. Undefined when there is nothing to sign anew. Throws
 * `payments/terms-changed`, `payments/seller-overclaims`, `payments/answer-lost`, and of remembered terms that got dearer what the limits say.
 */
export async function correctCall(
  parts: PayerParts,
  payment: OpenPayment,
  challenge: Challenge,
): Promise<OpenPayment | undefined> {
  const offered = sameOption(payment, challenge)
  if (!isOfChannel(payment)) return undefined
  const { channelId } = payment.commitment.voucher
  if (offered?.stated !== undefined) await takeBooks(parts, payment, offered)
  else if (!(await isWorthSigningAnew(parts, payment, challenge, offered))) return undefined
  const option = offered ?? payment.option
  const objection = payment.isRemembered === true ? termsObjection(parts, payment.call, option) : undefined
  if (objection !== undefined) throw objection
  parts.channels.release(channelId, payment.paymentId)
  const asset = allowedAsset(option.terms, parts.settings.policy) as AllowedAsset
  return signOption(parts, { ...payment.call, challenge }, option, asset)
}

/** See `Payer.awaitsOthers`. */
export function awaitsOthers({ calls, channels }: PayerParts, payment: OpenPayment, challenge: Challenge): boolean {
  const stated = sameOption(payment, challenge)?.stated
  if (!isOfChannel(payment) || !payment.mayBeCharged || stated === undefined) return false
  const { channelId } = payment.commitment.voucher
  if (stated.owedAtomic <= channels.get(channelId).owedAtomic) return false
  return calls.waitForOthers(channelId, payment.paymentId)
}

/**
 * The option of the same kind in a later 402. Of a call that was signed for remembered terms the first 402 may ask for more. Throws
 * `payments/terms-changed` and leaves the payment open.
 */
export function sameOption(payment: OpenPayment, challenge: Challenge): PaymentOption | undefined {
  const { backEnd } = payment.option
  const ofKind = challenge.options.filter((option) => option.backEnd === backEnd)
  const same = ofKind.find((option) => changeOf(payment, option) === undefined)
  const [changed] = ofKind
  if (same !== undefined || changed === undefined) return same
  throw changeOf(payment, changed) as KoinonError
}

function changeOf({ option, commitment, isRemembered }: OpenPayment, later: PaymentOption): KoinonError | undefined {
  const { terms } = option
  const isDearerAllowed = isRemembered === true && later.terms.maximumAtomic > terms.maximumAtomic
  const first = isDearerAllowed ? { ...terms, maximumAtomic: later.terms.maximumAtomic } : terms
  const change = changedTerms(first, later.terms)
  if (change !== undefined || commitment.backEnd !== 'channel' || later.channel === undefined) return change
  const { receiverAuthorizer, withdrawDelaySeconds } = later.channel
  const { config } = commitment
  // A voucher of another channel would stand beside the first and not in its place.
  return config.receiverAuthorizer === receiverAuthorizer && config.withdrawDelay === withdrawDelaySeconds
    ? undefined
    : termsChanged('other terms of the channel')
}

/** Without books of the channel the seller only refuses. A first 402 of this call, or what the ledger says, may be a reason to go on. */
async function isWorthSigningAnew(
  { channels, settings }: PayerParts,
  { commitment, isRemembered }: ChannelPayment,
  challenge: Challenge,
  offered: PaymentOption | undefined,
): Promise<boolean> {
  const isFirst = isRemembered === true && offered !== undefined
  // A deposit that ended unused can bring nothing any more: another in its place costs no more than it did.
  const nowSeconds = BigInt(Math.floor(settings.clock.nowMs() / 1000))
  const isDepositOver = commitment.deposit !== undefined && commitment.deposit.validBefore <= nowSeconds
  // A deposit that was collected without its call, or money that is not there: the ledger knows.
  const isLedgerAsked = commitment.deposit !== undefined || challenge.error !== undefined
  return (isLedgerAsked && (await channels.refresh(commitment.voucher.channelId))) || isFirst || isDepositOver
}

async function takeBooks(parts: PayerParts, payment: ChannelPayment, { stated }: PaymentOption): Promise<void> {
  const { calls, channels } = parts
  const { channelId } = payment.commitment.voucher
  const { maximumAtomic } = payment.option.terms
  if (stated === undefined) return
  const before = channels.get(channelId)
  const others = calls.on(channelId).filter(({ paymentId }) => paymentId !== payment.paymentId)
  const othersAtomic = others.reduce((sum, call) => sum + call.maximumAtomic, 0n)
  try {
    channels.correct(channelId, stated, othersAtomic + maximumAtomic)
  } catch (error) {
    calls.release(payment)
    await calls.save(payment.commitment, [])
    throw error
  }
  if (others.some(({ paymentId }) => calls.isLive(paymentId))) channels.setSerial(channelId)
  const { owedAtomic, depositAtomic } = channels.get(channelId)
  if ((stated.depositAtomic ?? 0n) < depositAtomic) await channels.refresh(channelId)
  // A call that went before may be what was charged, however much ended calls count.
  const riseAtomic = owedAtomic - (payment.mayBeCharged ? before.owedAtomic : knownAtomic(before))
  if (riseAtomic <= 0n) return
  await calls.loseGivenUp(others)
  // Records that hold nothing, or are older than the seller's, do not know of all calls.
  const isKnown = knownAtomic(before) > 0n && (stated.signedAtomic ?? 0n) <= before.signedAtomic
  const isLost = payment.mayBeCharged || (isKnown && riseAtomic > othersAtomic)
  if (!isKnown) channels.countUpTo(channelId, isLost ? owedAtomic - maximumAtomic : owedAtomic)
  if (!isLost) return
  await calls.finish(payment, 'lost', maximumAtomic)
  throw answerLost(payment.paymentId, maximumAtomic)
}

function isOfChannel(payment: OpenPayment): payment is ChannelPayment {
  return payment.commitment.backEnd === 'channel'
}
