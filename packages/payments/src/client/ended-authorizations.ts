/** Authorizations that were signed before: what the ledger says of them, and when they are over (specs/0022-machine-payments.md section 8). */
import type { Commitment } from '../rules/terms.ts'
import type { PayerParts } from './payer-parts.ts'

/** Chains' clocks run behind; an authorization counts as expired only so long after its time. */
export const expiryMarginSeconds = 30

/** Whether the ledger says that an authorization was used; false where there is no ledger to ask. */
export async function isUsed({ settings, upTo }: PayerParts, commitment: Commitment): Promise<boolean> {
  const { ledger, policy } = settings
  if (ledger === undefined || commitment.backEnd === 'channel') return false
  const { token, from, nonce } = commitment.authorization
  const asset = policy.assets.find((each) => each.token === token)
  if (asset !== undefined && commitment.backEnd === 'upTo') return upTo.isUsed(asset.chainId, commitment.authorization)
  return asset !== undefined && (await ledger.isUsed(asset.chainId, token, from, nonce))
}

/** Payments up to a ceiling that ended without one: what was not used by now never will be. */
export async function freeEnded(parts: PayerParts): Promise<void> {
  const { calls, settings } = parts
  const nowSeconds = Math.floor(settings.clock.nowMs() / 1000)
  for (const call of calls.list()) {
    const { commitment, paymentId, maximumAtomic } = call
    if (commitment?.backEnd !== 'upTo' || calls.isLive(paymentId)) continue
    if (Number(commitment.authorization.validBefore) + expiryMarginSeconds > nowSeconds) continue
    const isLost = await isUsed(parts, commitment)
    await calls.finishCall(call, isLost ? 'lost' : 'free', isLost ? maximumAtomic : 0n)
  }
}
