/** Method `evm`, intent `charge`: an EIP-3009 authorization of exactly the amount, settled by the server. */
import { type Address, type Hex, toAddress } from '@koinon/base'
import { commitmentMismatch } from '../../rules/authorization.ts'
import type { Asset, Commitment, PaymentTerms, Resource, TransferAuthorization } from '../../rules/terms.ts'
import { asObject, decodeWireObject, encodeWireJson } from './canonical-json.ts'
import type { PaymentChallenge } from './challenge.ts'
import { challengeNonce } from './challenge-id.ts'
import { badCredential } from './credential.ts'

/** The challenge's `request`. `domain` (the token's EIP-712 name and version, which mppx wants to be told otherwise), `idempotencyKey` and `timeoutSeconds` are ours. */
export function chargeRequest(terms: PaymentTerms): string {
  const { asset, resource } = terms
  return encodeWireJson({
    amount: terms.maximumAtomic.toString(),
    currency: asset.token,
    recipient: terms.payTo,
    ...(resource.description === undefined ? {} : { description: resource.description }),
    methodDetails: {
      chainId: terms.chainId,
      credentialTypes: ['authorization'],
      decimals: asset.decimals,
      domain: { name: asset.name, version: asset.version },
      idempotencyKey: true,
      timeoutSeconds: terms.timeoutSeconds,
    },
  })
}

/** What a server of this wire asks for, before anything is believed of it. */
export type RequestedPayment = {
  readonly amountAtomic: bigint
  readonly token: Address
  readonly recipient: Address
  readonly chainId: number
  readonly decimals?: number
  readonly details: Readonly<Record<string, unknown>>
  readonly json: Readonly<Record<string, unknown>>
}

/** Reads the parts that charge and session share; undefined when they are missing, out of range or of another shape. */
export function readRequest(challenge: PaymentChallenge): RequestedPayment | undefined {
  const json = decodeWireObject(challenge.request, 16_384)
  const details = asObject(json?.['methodDetails'])
  if (json === undefined || details === undefined || challenge.method !== 'evm') return undefined
  const { amount, currency, recipient } = json
  const { chainId, decimals } = details
  const token = addressIn(currency)
  const payee = addressIn(recipient)
  const amountAtomic = amountIn(amount)
  if (token === undefined || payee === undefined || amountAtomic === undefined || amountAtomic >> 128n !== 0n)
    return undefined
  if (!Number.isSafeInteger(chainId) || (chainId as number) < 1) return undefined
  const isDecimals = Number.isInteger(decimals) && (decimals as number) >= 0 && (decimals as number) <= 36
  if (decimals !== undefined && !isDecimals) return undefined
  const common = { amountAtomic, token, recipient: payee, chainId: chainId as number, details, json }
  return isDecimals ? { ...common, decimals: decimals as number } : common
}

/**
 * The terms of a charge, for a payer to judge; undefined for what is no charge that we can pay (splits, no `authorization`). `assetOf`
 * says what the payer knows of a token, told what the challenge claims of it.
 */
export function chargeTerms(
  challenge: PaymentChallenge,
  resource: Resource,
  nowMs: number,
  assetOf: (chainId: number, token: Address, claimed: Partial<Asset>) => Asset | undefined,
): PaymentTerms | undefined {
  const asked = challenge.intent === 'charge' ? readRequest(challenge) : undefined
  if (asked === undefined) return undefined
  const { credentialTypes, splits } = asked.details
  if (!Array.isArray(credentialTypes) || !credentialTypes.includes('authorization')) return undefined
  if (splits !== undefined && !(Array.isArray(splits) && splits.length === 0)) return undefined
  const asset = assetOf(asked.chainId, asked.token, claimedAsset(asked))
  if (asset === undefined) return undefined
  return {
    resource,
    chainId: asked.chainId,
    asset,
    payTo: asked.recipient,
    maximumAtomic: asked.amountAtomic,
    backEnds: ['exact'],
    timeoutSeconds: timeoutOf(asked, challenge, nowMs),
  }
}

/** What a challenge says of its token beside the address. */
export function claimedAsset(asked: RequestedPayment): Partial<Asset> {
  const domain = asObject(asked.details['domain'])
  const { name, version } = domain ?? {}
  return {
    token: asked.token,
    ...(asked.decimals === undefined ? {} : { decimals: asked.decimals }),
    ...(typeof name === 'string' && typeof version === 'string' ? { name, version } : {}),
  }
}

/** How long the call may take: what the seller says, else a minute, and not beyond the challenge's end. */
export function timeoutOf(asked: RequestedPayment, challenge: PaymentChallenge, nowMs: number): number {
  const { timeoutSeconds } = asked.details
  const stated =
    Number.isSafeInteger(timeoutSeconds) && (timeoutSeconds as number) > 0 ? (timeoutSeconds as number) : 60
  return Math.min(stated, secondsLeft(challenge, nowMs))
}

/** Whole seconds until a challenge ends; 300 when it does not say. Never below 0. */
export function secondsLeft(challenge: PaymentChallenge, nowMs: number): number {
  if (challenge.expires === undefined) return 300
  return Math.max(0, Math.floor((Date.parse(challenge.expires) - nowMs) / 1000))
}

/** The payload of a signed authorization. */
export function chargePayload(authorization: TransferAuthorization): Readonly<Record<string, string>> {
  const { from, to, valueAtomic, validAfter, validBefore, nonce, signature } = authorization
  return {
    type: 'authorization',
    from,
    to,
    value: valueAtomic.toString(),
    validAfter: validAfter.toString(),
    validBefore: validBefore.toString(),
    nonce,
    signature,
  }
}

/**
 * The commitment in a charge's payload. Its nonce must be the challenge's, so that a captured authorization pays for this challenge,
 * and through its id for this route and body, and nothing else. Throws `payments/mpp-bad-credential` and
 * `payments/commitment-mismatch`; amounts and payee are the cash desk's to hold against the terms.
 */
export function chargeCommitment(
  challenge: PaymentChallenge,
  token: Address,
  payload: Readonly<Record<string, unknown>>,
): Commitment {
  if (payload['type'] !== 'authorization') throw badCredential('its type is not "authorization"')
  const [from, to] = [addressIn(payload['from']), addressIn(payload['to'])]
  const [value, validAfter, validBefore] = ['value', 'validAfter', 'validBefore'].map((name) => amountIn(payload[name]))
  const { nonce, signature } = payload
  if (from === undefined || to === undefined) throw badCredential('an address')
  if (value === undefined || validAfter === undefined || validBefore === undefined) throw badCredential('a number')
  if (typeof nonce !== 'string' || !/^0x[0-9a-fA-F]{64}$/.test(nonce)) throw badCredential('its nonce')
  if (typeof signature !== 'string' || !isSignature(signature)) throw badCredential('its signature')
  if (nonce.toLowerCase() !== challengeNonce(challenge)) {
    throw commitmentMismatch('nonce', nonce, challengeNonce(challenge))
  }
  return {
    backEnd: 'exact',
    authorization: {
      token,
      from,
      to,
      valueAtomic: value,
      validAfter,
      validBefore,
      nonce: nonce.toLowerCase() as Hex,
      signature: signature.toLowerCase() as Hex,
    },
  }
}

/** An address of any case; undefined otherwise. */
export function addressIn(value: unknown): Address | undefined {
  return typeof value === 'string' && /^0x[0-9a-fA-F]{40}$/.test(value) ? toAddress(value) : undefined
}

/** A decimal of at most 78 digits that fits 256 bits; undefined otherwise. */
export function amountIn(value: unknown): bigint | undefined {
  if (typeof value !== 'string' || !/^\d{1,78}$/.test(value)) return undefined
  const amount = BigInt(value)
  return amount >> 256n === 0n ? amount : undefined
}

/** Hex of a signature: 65 bytes of an account, at most 8 kB of a contract's. */
export function isSignature(text: string): boolean {
  return text.length <= 16_386 && text.length % 2 === 0 && /^0x[0-9a-fA-F]{128,}$/.test(text)
}
