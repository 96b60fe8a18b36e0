/** Extension `offer-receipt`: EIP-712 digests of what a seller offers and of what it was paid (specs/0022-machine-payments.md section 6.2). */
import { domainSeparator, integerWord, textWord, typedDigest, typeHash } from '@koinon/base'

export const offerReceiptExtension = 'offer-receipt'

/** What was asked; addresses and amounts as the demand writes them, `validUntil` in Unix seconds. */
export type OfferPayload = {
  readonly version: number
  readonly resourceUrl: string
  readonly scheme: string
  readonly network: string
  readonly asset: string
  readonly payTo: string
  readonly amount: string
  readonly validUntil: number
}

/** Who paid for what; `issuedAt` in Unix seconds, `transaction` may be empty. */
export type ReceiptPayload = {
  readonly version: number
  readonly network: string
  readonly resourceUrl: string
  readonly payer: string
  readonly issuedAt: number
  readonly transaction: string
}

const offerTypeHash = typeHash(
  'Offer(uint256 version,string resourceUrl,string scheme,string network,string asset,string payTo,string amount,uint256 validUntil)',
)
const receiptTypeHash = typeHash(
  'Receipt(uint256 version,string network,string resourceUrl,string payer,uint256 issuedAt,string transaction)',
)
// Chain 1 whatever the payment's: the network is a field of both.
const offerSeparator = domainSeparator({ name: 'x402 offer', version: '1', chainId: 1 })
const receiptSeparator = domainSeparator({ name: 'x402 receipt', version: '1', chainId: 1 })

/** Digest of a signed offer. */
export function offerDigest(offer: OfferPayload): Uint8Array {
  const { version, resourceUrl, scheme, network, asset, payTo, amount, validUntil } = offer
  return typedDigest(offerSeparator, offerTypeHash, [
    integerWord(version),
    ...[resourceUrl, scheme, network, asset, payTo, amount].map(textWord),
    integerWord(validUntil),
  ])
}

/** Digest of a signed receipt. */
export function receiptDigest(receipt: ReceiptPayload): Uint8Array {
  const { version, network, resourceUrl, payer, issuedAt, transaction } = receipt
  return typedDigest(receiptSeparator, receiptTypeHash, [
    integerWord(version),
    ...[network, resourceUrl, payer].map(textWord),
    integerWord(issuedAt),
    textWord(transaction),
  ])
}
