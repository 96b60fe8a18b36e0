/** x402 version 2 over HTTP, the seller's side (specs/0022-machine-payments.md section 6). */
import { type Address, type Hex, isKoinonError } from '@koinon/base'
import type { ReceiptBundle } from '@koinon/work'
import { bundleText } from '../../core/bundle-text.ts'
import type { ChannelRefunder } from '../../provider/channel-refund.ts'
import type { Wire, WireAttempt, WireRequest } from '../../provider/wire.ts'
import { type ChannelOffer, defaultChannelOffer } from '../../rules/channel-offer.ts'
import type { ChannelStanding } from '../../rules/paid-call-refusals.ts'
import type { PaymentTerms } from '../../rules/terms.ts'
import { gasSponsoringExtension, paymentIdentifierExtension } from '../rules/extensions.ts'
import { decodeHeader, encodeHeader, encodeHeaderText } from '../rules/header.ts'
import { parsePayment } from '../rules/payment-payload.ts'
import { paymentRequiredOf, requirementsOf } from '../rules/payment-required.ts'
import { reasonOf } from '../rules/reasons.ts'
import { type SettleResponse, settleFailure, settleResponseOf } from '../rules/settle-response.ts'
import { offerReceiptExtension } from '../rules/signed-offers.ts'
import { type OfferSigner, signedOffers, signedReceipt } from './offer-signer.ts'

export type X402WireOptions = {
  /** Where a known channel stands (`SellerDesk.standing`), for clients that have lost count. */
  readonly standing?: (channelId: Hex, maximumAtomic: bigint) => ChannelStanding | undefined
  /** Gives payers back what is left of a channel; left out, they withdraw by themselves. */
  readonly refunder?: ChannelRefunder
  readonly channelOffer?: ChannelOffer
  /** The account that settles `upTo` payments; left out, none are offered. */
  readonly upToFacilitator?: Address
  /** Signs what is asked and what was paid for those who show it to others (`offer-receipt`); left out, neither is. */
  readonly offerSigner?: OfferSigner
  /** More extensions for a request's demand, e.g. `bazaarExtension` or `PaidReturns.extension`. */
  readonly extensions?: (terms: PaymentTerms, request: WireRequest) => Readonly<Record<string, unknown>>
}

const signatureHeader = 'payment-signature'
/** Longer ones are repeated in every offer of a demand that anybody may ask for. */
const mostSignedUrl = 2_048

/** The x402 wire of a paywall. */
export function createX402Wire(options: X402WireOptions = {}): Wire {
  const { standing, refunder, channelOffer = defaultChannelOffer, upToFacilitator, extensions, offerSigner } = options
  return {
    name: 'x402',
    challenge(terms, request, { error }) {
      const stale = staleChannel(error)
      const known = stale === undefined ? undefined : standing?.(stale, terms.maximumAtomic)
      const accepts = requirementsOf(terms, channelOffer, known, upToFacilitator)
      const sponsoring = accepts.some(({ scheme }) => scheme === 'upto') ? gasSponsoringExtension : {}
      const offers =
        offerSigner === undefined || terms.resource.url.length > mostSignedUrl
          ? {}
          : { [offerReceiptExtension]: { info: { offers: signedOffers(offerSigner, terms.resource.url, accepts) } } }
      const more = { ...paymentIdentifierExtension, ...sponsoring, ...offers, ...extensions?.(terms, request) }
      const required = paymentRequiredOf(
        terms,
        error === undefined ? 'Payment required' : reasonOf(error),
        accepts,
        more,
      )
      return { headers: { 'payment-required': encodeHeader(required) }, body: required }
    },
    read(request, terms): WireAttempt | undefined {
      const header = request.headers[signatureHeader]
      if (header === undefined) return undefined
      const payment = parsePayment(decodeHeader(header), terms)
      if (payment.kind === 'refund') {
        return {
          kind: 'act',
          perform: async () => {
            const response = await refundResponse(refunder, payment, terms)
            return { status: 200, headers: { 'payment-response': encodeHeader(response) }, body: { refund: response } }
          },
        }
      }
      const { commitment, paymentId } = payment
      return { kind: 'call', commitment, ...(paymentId === undefined ? {} : { paymentId }) }
    },
    receipt(charge, terms, bundle) {
      const response = settleResponseOf(charge, terms.chainId)
      const receipt =
        offerSigner === undefined || charge.chargedAtomic === 0n
          ? undefined
          : signedReceipt(offerSigner, terms.resource.url, response)
      return { 'payment-response': withProofs(response, receipt, bundle) }
    },
    uncharged(charge, terms) {
      return { 'payment-response': encodeHeader(settleResponseOf(charge, terms.chainId)) }
    },
    failure(error, terms, payer) {
      return { 'payment-response': encodeHeader(settleFailure(reasonOf(error), terms.chainId, payer)) }
    },
  }
}

/** The header of a response with what proves it: the seller's signed receipt, and the bundle, whose text is there already. */
function withProofs(
  response: SettleResponse,
  receipt: ReturnType<typeof signedReceipt> | undefined,
  bundle: ReceiptBundle | undefined,
): string {
  const proofs = [
    ...(receipt === undefined ? [] : [`"receipt":${JSON.stringify(receipt)}`]),
    ...(bundle === undefined ? [] : [`"koinonReceipt":${bundleText(bundle)}`]),
  ]
  if (proofs.length === 0) return encodeHeader(response)
  const extensions = `{"${offerReceiptExtension}":{"info":{${proofs.join(',')}}}}`
  return encodeHeaderText(`${JSON.stringify(response).slice(0, -1)},"extensions":${extensions}}`)
}

async function refundResponse(
  refunder: ChannelRefunder | undefined,
  payment: Parameters<ChannelRefunder['refund']>[0],
  terms: PaymentTerms,
) {
  if (refunder === undefined)
    return settleFailure('invalid_batch_settlement_evm_authorizer_not_configured', terms.chainId)
  const { transaction, channel } = await refunder.refund(payment)
  return settleResponseOf({ payer: payment.config.payer, chargedAtomic: 0n, transaction, channel }, terms.chainId)
}

/** The channel of a refusal after which the client looks at where it stands. */
function staleChannel(error: unknown): Hex | undefined {
  if (!isKoinonError(error)) return undefined
  if (error.code !== 'payments/voucher-short' && error.code !== 'payments/voucher-over-deposit') return undefined
  return (error.details?.['channel'] as { readonly channelId?: Hex } | undefined)?.channelId
}
