/** Extension `offer-receipt`: what a seller signed of its offers and receipts, held against what it asked and was paid. */
import { type Address, type Hex, KoinonError, recoverAddress } from '@koinon/base'
import { offerDigest, offerReceiptExtension, receiptDigest } from '../rules/signed-offers.ts'
import { object, text, type X402Challenge } from './challenge.ts'

type Json = Readonly<Record<string, unknown>>

/** Who signed; undefined for JWS, whose keys lie elsewhere and are not fetched. */
export type SignedBy = { readonly format: 'eip712' | 'jws'; readonly signer: Address | undefined }

const offerFields = ['scheme', 'network', 'asset', 'payTo', 'amount'] as const

/**
 * Who signed the offer for an accepted entry; undefined when there is none. An offer that says something else than the entry, or whose signature
 * does not hold, is no offer of these terms: throws `payments/offer-mismatch`.
 */
export function checkOffer(challenge: X402Challenge, accepted: Json): SignedBy | undefined {
  const offers = object(object(challenge.extensions[offerReceiptExtension])?.['info'])?.['offers']
  if (!Array.isArray(offers)) return undefined
  const read = offers
    .slice(0, 32)
    .map((offer) => ({ offer: object(offer) ?? {}, payload: payloadOf(object(offer) ?? {}) }))
  const mine = read.find(
    ({ payload }) => payload['scheme'] === accepted['scheme'] && payload['network'] === accepted['network'],
  )
  if (mine === undefined) return undefined
  for (const name of offerFields) {
    if (lower(mine.payload[name]) !== lower(accepted[name])) throw mismatch(`it was signed for another ${name}`)
  }
  const { payload } = mine
  return signedBy(mine.offer, () =>
    offerDigest({
      version: whole(payload['version']),
      resourceUrl: String(payload['resourceUrl']),
      scheme: String(payload['scheme']),
      network: String(payload['network']),
      asset: String(payload['asset']),
      payTo: String(payload['payTo']),
      amount: String(payload['amount']),
      validUntil: whole(payload['validUntil']),
    }),
  )
}

/** Who signed the receipt in a settle response; undefined when there is none. Throws `payments/offer-mismatch` for one of another payer. */
export function checkSignedReceipt(settleResponse: unknown, payer: Address): SignedBy | undefined {
  const info = object(object(object(object(settleResponse)?.['extensions'])?.[offerReceiptExtension])?.['info'])
  const receipt = object(info?.['receipt'])
  if (receipt === undefined) return undefined
  const payload = payloadOf(receipt)
  if (lower(payload['payer']) !== payer) throw mismatch('the receipt was signed for another payer')
  return signedBy(receipt, () =>
    receiptDigest({
      version: whole(payload['version']),
      network: String(payload['network']),
      resourceUrl: String(payload['resourceUrl']),
      payer: String(payload['payer']),
      issuedAt: whole(payload['issuedAt']),
      transaction: String(payload['transaction'] ?? ''),
    }),
  )
}

function signedBy(signed: Json, digest: () => Uint8Array): SignedBy {
  if (signed['format'] !== 'eip712') return { format: 'jws', signer: undefined }
  try {
    return { format: 'eip712', signer: recoverAddress(digest(), text(signed['signature']) as Hex) }
  } catch {
    throw mismatch('its signature does not hold')
  }
}

/** The payload beside an EIP-712 signature, or within a JWS. */
function payloadOf(signed: Json): Json {
  const beside = object(signed['payload'])
  if (beside !== undefined) return beside
  const encoded = text(signed['signature'])?.split('.')[1] ?? ''
  try {
    const bytes = Uint8Array.from(atob(encoded.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))
    return object(JSON.parse(new TextDecoder().decode(bytes))) ?? {}
  } catch {
    return {}
  }
}

function whole(value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number
  throw mismatch('a number in it is malformed')
}

function lower(value: unknown): string {
  return String(value).toLowerCase()
}

function mismatch(how: string): KoinonError {
  return new KoinonError({
    code: 'payments/offer-mismatch',
    message: `The seller's signed word does not fit what it asks or was paid: ${how}`,
    hint: 'Nothing more was signed. Do not trust this seller, or whoever sits between you and it.',
  })
}
