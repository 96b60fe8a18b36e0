import { bytesToHex, type KoinonError } from '@koinon/base'
import { withdrawDelayBounds } from '../rules/channel.ts'
import { type AllowedAsset, allowedAsset, policyObjection } from '../rules/payer-policy.ts'
import type { Commitment, TransferAuthorization } from '../rules/terms.ts'
import type { PaymentOption } from './client-wire.ts'
import { freeEnded } from './ended-authorizations.ts'
import { badDelay, isOfOneWay, noEscrow, nothingPayable } from './payer-errors.ts'
import type { PayerParts } from './payer-parts.ts'
import type { CallToPay, OpenPayment, PayerSettings } from './payer-types.ts'
import type { IntentCall } from './payment-signer.ts'

/**
 * Signs for the first option that suits: steps where the call takes them, then the preferred back end. Durable when it resolves. Throws `payments/nothing-payable` or the only
 * reason there is, and what the signer and the store throw.
 */
export async function signFirst(parts: PayerParts, call: CallToPay): Promise<OpenPayment> {
  const { prefer, policy } = parts.settings
  const options = call.challenge.options.filter(({ isStepped }) => isStepped !== true)
  const ordered = [
    ...(call.takesSteps === true ? call.challenge.options.filter(({ isStepped }) => isStepped === true) : []),
    ...options.filter(({ backEnd }) => backEnd === prefer),
    ...options.filter(({ backEnd }) => backEnd !== prefer),
  ]
  const reasons: KoinonError[] = []
  for (const option of ordered) {
    const objection = termsObjection(parts, call, option)
    const asset = allowedAsset(option.terms, policy)
    if (objection !== undefined) reasons.push(objection)
    if (objection !== undefined || asset === undefined) continue
    try {
      return await signOption(parts, call, option, asset)
    } catch (error) {
      if (!isOfOneWay(error)) throw error
      reasons.push(error)
    }
  }
  throw nothingPayable(reasons)
}

/** Why the payer's limits refuse an option, or undefined. What the same call counted before is not counted twice. */
export function termsObjection(parts: PayerParts, call: CallToPay, option: PaymentOption): KoinonError | undefined {
  const { calls, settings } = parts
  const { policy } = settings
  const earlier = calls.get(call.paymentId)?.maximumAtomic ?? 0n
  const delay = option.channel?.withdrawDelaySeconds ?? withdrawDelayBounds.minimum
  const asset = allowedAsset(option.terms, policy)
  if (delay < withdrawDelayBounds.minimum || delay > policy.maximumWithdrawDelaySeconds) return badDelay(delay)
  const hasEscrow = asset?.escrow !== undefined && asset.collector !== undefined
  if (option.backEnd === 'channel' && asset !== undefined && !hasEscrow) return noEscrow(asset.chainId)
  return policyObjection(option.terms, policy, {
    originAtomic: calls.spent(call.origin) - earlier,
    totalAtomic: calls.spent() - earlier,
  })
}

/** Signs for one option; durable when it resolves. Throws what channels, signer and store throw, and then counts nothing. */
export async function signOption(
  parts: PayerParts,
  call: CallToPay,
  option: PaymentOption,
  asset: AllowedAsset,
): Promise<OpenPayment> {
  const { calls, channels, upTo, settings } = parts
  const { paymentId, origin, resourceUrl, requestHash, challenge } = call
  const { maximumAtomic } = option.terms
  const intent = { origin, resourceUrl, method: call.method ?? 'POST', paymentId, requestHash, maximumAtomic }
  const before = calls.get(paymentId)
  const unsigned = {
    paymentId,
    origin,
    resourceUrl,
    requestHash,
    maximumAtomic,
    chargedAtomic: 0n,
    state: 'open' as const,
    commitment: before?.commitment as Commitment,
    startedAtMs: settings.clock.nowMs(),
  }
  // Counted before the first wait, so that calls at the same time see each other.
  calls.put(unsigned)
  calls.enter(paymentId)
  let commitment: Commitment | undefined
  try {
    commitment = await commitmentFor(parts, intent, option, asset, call.deadlineMs)
    const paid = { ...unsigned, commitment }
    calls.put(paid)
    await calls.save(commitment, [paid])
    return { call, challenge, option, commitment, paymentId, mayBeCharged: false }
  } catch (error) {
    calls.leave(paymentId)
    upTo.release(paymentId)
    if (commitment?.backEnd === 'channel') channels.release(commitment.voucher.channelId, paymentId)
    if (before === undefined) calls.drop(unsigned)
    else calls.put(before)
    throw error
  }
}

async function commitmentFor(
  parts: PayerParts,
  intent: IntentCall,
  option: PaymentOption,
  asset: AllowedAsset,
  deadlineMs: number,
): Promise<Commitment> {
  const { channels, upTo, settings } = parts
  switch (option.backEnd) {
    case 'channel': {
      const { channelId } = channels.find(option, asset)
      return channels.commit(channelId, intent, option, asset, deadlineMs)
    }
    case 'upTo':
      await freeEnded(parts)
      return { backEnd: 'upTo', authorization: await upTo.authorize(intent, option, asset, deadlineMs) }
    case 'exact':
      return { backEnd: 'exact', authorization: await authorize(settings, intent, option, asset) }
  }
}

async function authorize(
  { signer, clock, random, policy }: PayerSettings,
  intent: IntentCall,
  option: PaymentOption,
  asset: AllowedAsset,
): Promise<TransferAuthorization> {
  const seconds = Math.min(option.terms.timeoutSeconds, policy.maximumTimeoutSeconds)
  const authorization = {
    token: asset.token,
    from: signer.payer,
    to: option.terms.payTo,
    valueAtomic: option.terms.maximumAtomic,
    validAfter: 0n,
    validBefore: BigInt(Math.floor(clock.nowMs() / 1000) + seconds),
    nonce: option.nonce ?? bytesToHex(random(32)),
  }
  const isNonceFixed = option.nonce !== undefined
  return signer.signAuthorization({ call: intent, chainId: asset.chainId, asset, authorization, isNonceFixed })
}
