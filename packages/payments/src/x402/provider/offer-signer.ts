/** Extension `offer-receipt`, the seller's side: its account's word on what it asked and on what it was paid. */
import type { Clock, Hex } from '@koinon/base'
import type { PaymentRequired } from '../rules/payment-required.ts'
import type { SettleResponse } from '../rules/settle-response.ts'
import { offerDigest, type ReceiptPayload, receiptDigest } from '../rules/signed-offers.ts'

export type OfferSigner = {
  /** 65 bytes r, s, v of the account that is paid. */
  sign(digest: Uint8Array): Hex
  readonly clock: Clock
}

type Signed<payload> = { readonly format: 'eip712'; readonly payload: payload; readonly signature: Hex }

const version = 1

/** An offer for each way to pay, in the order of the demand; it holds for as long as a payment of that way may take. */
export function signedOffers({ sign, clock }: OfferSigner, url: string, accepts: PaymentRequired['accepts']) {
  const nowSeconds = Math.floor(clock.nowMs() / 1_000)
  return accepts.map(({ scheme, network, asset, payTo, amount, maxTimeoutSeconds }, acceptIndex) => {
    const validUntil = nowSeconds + maxTimeoutSeconds
    const payload = { version, resourceUrl: url, scheme, network, asset, payTo, amount, validUntil }
    return { ...signed(payload, sign(offerDigest(payload))), acceptIndex }
  })
}

/** The receipt of a payment that was taken. */
export function signedReceipt(
  { sign, clock }: OfferSigner,
  url: string,
  { network, payer = '', transaction }: SettleResponse,
): Signed<ReceiptPayload> {
  const issuedAt = Math.floor(clock.nowMs() / 1_000)
  const payload = { version, network, resourceUrl: url, payer, issuedAt, transaction }
  return signed(payload, sign(receiptDigest(payload)))
}

function signed<payload>(payload: payload, signature: Hex): Signed<payload> {
  return { format: 'eip712', payload, signature }
}
