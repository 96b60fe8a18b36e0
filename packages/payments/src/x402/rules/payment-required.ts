/** What an x402 client is asked for (specs/0022-machine-payments.md section 6). */
import type { Address } from '@koinon/base'
import { type ChannelOffer, defaultChannelOffer } from '../../rules/channel-offer.ts'
import type { ChannelStanding } from '../../rules/paid-call-refusals.ts'
import type { PaymentTerms } from '../../rules/terms.ts'

export type X402Scheme = 'batch-settlement' | 'exact' | 'upto'

export type PaymentRequirements = {
  readonly scheme: X402Scheme
  readonly network: `eip155:${number}`
  readonly amount: string
  readonly asset: string
  readonly payTo: string
  readonly maxTimeoutSeconds: number
  readonly extra: Readonly<Record<string, unknown>>
}

export type PaymentRequired = {
  readonly x402Version: 2
  readonly error: string
  readonly resource: { readonly url: string; readonly description?: string; readonly mimeType?: string }
  readonly accepts: readonly PaymentRequirements[]
  readonly extensions?: Readonly<Record<string, unknown>>
}

/** CAIP-2 name of a chain. */
export function caip2NetworkOf(chainId: number): `eip155:${number}` {
  return `eip155:${chainId}`
}

/**
 * The ways to pay that x402 knows, in the seller's order. Of a price that is only a ceiling `exact` pays the ceiling. `upto` is offered where the
 * seller names the account that settles it.
 */
export function requirementsOf(
  terms: PaymentTerms,
  offer: ChannelOffer = defaultChannelOffer,
  standing?: ChannelStanding,
  upToFacilitator?: Address,
): readonly PaymentRequirements[] {
  const { asset, payTo, maximumAtomic, timeoutSeconds } = terms
  const common = {
    network: caip2NetworkOf(terms.chainId),
    amount: maximumAtomic.toString(),
    asset: asset.token,
    payTo,
    maxTimeoutSeconds: timeoutSeconds,
  }
  const domain = { name: asset.name, version: asset.version }
  return terms.backEnds.flatMap((backEnd): PaymentRequirements[] => {
    if (backEnd === 'channel') {
      const minDeposit = offer.depositAtomic(maximumAtomic).toString()
      const { withdrawDelay, leastDepositAtomic } = offer
      const least = leastDepositAtomic === undefined ? {} : { leastDeposit: leastDepositAtomic.toString() }
      const extra = { ...domain, receiverAuthorizer: payTo, withdrawDelay, minDeposit, ...least }
      return [{ scheme: 'batch-settlement', ...common, extra: { ...extra, ...standingExtra(standing) } }]
    }
    if (backEnd === 'exact') return [{ scheme: 'exact', ...common, extra: domain }]
    if (upToFacilitator === undefined) return []
    const extra = { ...domain, assetTransferMethod: 'permit2', facilitatorAddress: upToFacilitator }
    return [{ scheme: 'upto', ...common, extra }]
  })
}

/** The whole answer to a call without a good payment; `error` is a word of x402. */
export function paymentRequiredOf(
  terms: PaymentTerms,
  error: string,
  accepts: readonly PaymentRequirements[],
  extensions: Readonly<Record<string, unknown>> = {},
): PaymentRequired {
  const { url, description, mimeType } = terms.resource
  return {
    x402Version: 2,
    error,
    resource: {
      url,
      ...(description === undefined ? {} : { description }),
      ...(mimeType === undefined ? {} : { mimeType }),
    },
    accepts,
    ...(Object.keys(extensions).length === 0 ? {} : { extensions }),
  }
}

/** From which a client that has lost count signs anew; it checks its own signature and the ledger. */
function standingExtra(standing: ChannelStanding | undefined): Readonly<Record<string, unknown>> {
  if (standing === undefined) return {}
  const channelState = {
    channelId: standing.channelId,
    balance: standing.depositAtomic.toString(),
    totalClaimed: standing.claimedAtomic.toString(),
    withdrawRequestedAt: 0,
    refundNonce: '0',
    chargedCumulativeAmount: standing.owedAtomic.toString(),
  }
  const { keptSignature, keptAtomic } = standing
  if (keptSignature === undefined) return { channelState }
  return { channelState, voucherState: { signedMaxClaimable: keptAtomic.toString(), signature: keptSignature } }
}
