/** The buyer's side of MPP: what a 402 answer offers, and the credential for what was signed (specs/0022 section 7). */
import type { Address, Hex } from '@koinon/base'
import type { Asset, Commitment, PaymentTerms, Resource } from '../../rules/terms.ts'
import { type PaymentChallenge, parseChallenges } from '../rules/challenge.ts'
import { challengeNonce, isDigestOf } from '../rules/challenge-id.ts'
import { chargePayload, chargeTerms, readRequest, secondsLeft } from '../rules/charge.ts'
import { formatCredential, sourceOf } from '../rules/credential.ts'
import { type SessionTerms, sessionOffer, sessionPayload } from '../rules/session.ts'

/** Something to pay, not yet judged against any budget. */
export type MppOffer = {
  readonly challenge: PaymentChallenge
  readonly terms: PaymentTerms
  /** Of a charge: the nonce that its authorization must have, and its end in Unix seconds. */
  readonly charge?: { readonly nonce: Hex; readonly validBefore: bigint }
  /** Of a session: the channels it takes; `isStepped` when one voucher pays one step of a stream. */
  readonly session?: SessionTerms & { readonly isStepped: boolean }
  /** The server hears a call again under its `idempotency-key`. */
  readonly takesPaymentId: boolean
}

export type OfferOptions = {
  readonly nowMs: number
  /** The payer's word on a token, told what the challenge claims; undefined for one that it does not pay with. */
  readonly assetOf: (chainId: number, token: Address, claimed: Partial<Asset>) => Asset | undefined
  /** Realms beside the host of the URL that may ask. */
  readonly realms?: readonly string[]
}

/**
 * The offers of a `WWW-Authenticate` value to a request; `body` undefined when nobody knows what was sent. Left out is what has expired, is for another body, or names a realm that is
 * not the server's own: a server that passes on another's challenge would be paid with that one's answer. Throws
 * `payments/mpp-bad-challenge`.
 */
export function readOffers(
  headerValue: string,
  resource: Resource,
  body: Uint8Array | undefined,
  options: OfferOptions,
): readonly MppOffer[] {
  const { nowMs, assetOf, realms = [] } = options
  const { host, hostname } = new URL(resource.url)
  return parseChallenges(headerValue).flatMap((challenge): readonly MppOffer[] => {
    if (![host, hostname, ...realms].includes(challenge.realm)) return []
    if (secondsLeft(challenge, nowMs) === 0) return []
    if (body !== undefined && challenge.digest !== undefined && !isDigestOf(challenge.digest, body)) return []
    const takesPaymentId = readRequest(challenge)?.details['idempotencyKey'] === true
    const charge = chargeTerms(challenge, resource, nowMs, assetOf)
    if (charge !== undefined) {
      const validBefore = BigInt(Math.floor(nowMs / 1000) + secondsLeft(challenge, nowMs))
      return [{ challenge, terms: charge, charge: { nonce: challengeNonce(challenge), validBefore }, takesPaymentId }]
    }
    const session = sessionOffer(challenge, resource, nowMs, assetOf)
    if (session === undefined) return []
    return [
      {
        challenge,
        terms: session.terms,
        session: { ...session.session, isStepped: session.isStepped },
        takesPaymentId,
      },
    ]
  })
}

/** The header that carries a signed commitment for an offer. */
export function credentialHeader(
  offer: MppOffer,
  commitment: Commitment,
): { readonly name: string; readonly value: string } {
  const { challenge, session, terms } = offer
  const name = challenge.header?.toLowerCase() === 'payment-authorization' ? 'Payment-Authorization' : 'Authorization'
  if (commitment.backEnd === 'exact') {
    const { authorization } = commitment
    const source = sourceOf(terms.chainId, authorization.from)
    return { name, value: formatCredential({ challenge, payload: chargePayload(authorization), source }) }
  }
  // No offer of this wire asks for it.
  if (commitment.backEnd === 'upTo') throw new Error('MPP has no payments up to a ceiling')
  const source = sourceOf(terms.chainId, commitment.config.payer)
  const payload = sessionPayload(commitment, session as SessionTerms)
  return { name, value: formatCredential({ challenge, payload, source }) }
}
