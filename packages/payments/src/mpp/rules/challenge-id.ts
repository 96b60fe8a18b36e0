/** Ids of challenges that need no memory: an HMAC over everything the challenge says, with the route it was made for. */
import { bytesToBase64Url, bytesToHex, equalBytes, type Hex, keccak256, sha256, utf8ToBytes } from '@koinon/base'
import { hmac } from '@noble/hashes/hmac'
import { sha256 as sha256Hash } from '@noble/hashes/sha2'
import { decodeWireObject, encodeWireJson } from './canonical-json.ts'
import type { PaymentChallenge } from './challenge.ts'

type BoundParts = Omit<PaymentChallenge, 'id' | 'description' | 'header'>

/** base64url(HMAC-SHA256(key, realm|method|intent|request|expires|digest|opaque)); parts that are missing are empty. */
export function challengeId(challenge: BoundParts, key: Uint8Array): string {
  const { realm, method, intent, request, expires = '', digest = '', opaque = '' } = challenge
  const input = [realm, method, intent, request, expires, digest, opaque].join('|')
  return bytesToBase64Url(hmac(sha256Hash, key, utf8ToBytes(input)))
}

/** True when a holder of the key made exactly this challenge. Its time does not depend on where they differ. */
export function isOwnChallenge(challenge: PaymentChallenge, key: Uint8Array): boolean {
  if (!/^[A-Za-z0-9_-]{43}$/.test(challenge.id)) return false
  return equalBytes(utf8ToBytes(challenge.id), utf8ToBytes(challengeId(challenge, key)))
}

/** keccak256(id | realm), the EIP-3009 nonce of a charge (draft-evm-charge): one payment a challenge, ever. */
export function challengeNonce(challenge: Pick<PaymentChallenge, 'id' | 'realm'>): Hex {
  return bytesToHex(keccak256(utf8ToBytes(`${challenge.id}${challenge.realm}`)))
}

/** What a challenge is for: base64url(SHA-256("METHOD PATH?QUERY")). */
export function routeOf(method: string, url: string): string {
  const { pathname, search } = new URL(url)
  return bytesToBase64Url(sha256(utf8ToBytes(`${method.toUpperCase()} ${pathname}${search}`)))
}

/** `opaque` of our challenges: the route, and 16 random bytes that tell two calls of one route apart. */
export function opaqueOf(route: string, random: Uint8Array): string {
  return encodeWireJson({ call: bytesToBase64Url(random), route })
}

/** The route in our own `opaque`; undefined in another's. */
export function routeInOpaque(opaque: string | undefined): string | undefined {
  const route = opaque === undefined ? undefined : decodeWireObject(opaque, 1024)?.['route']
  return typeof route === 'string' ? route : undefined
}

/** RFC 9530 `Content-Digest` of a body: `sha-256=:BASE64:`. */
export function contentDigest(body: Uint8Array): string {
  return `sha-256=:${base64(sha256(body))}:`
}

/** True when a digest is this body's, written as in RFC 9530 or bare as mppx 0.11 writes it. */
export function isDigestOf(digest: string, body: Uint8Array): boolean {
  const text = /^sha-256=:?([A-Za-z0-9+/]{43}=):?$/.exec(digest)?.[1]
  return text !== undefined && equalBytes(utf8ToBytes(text), utf8ToBytes(base64(sha256(body))))
}

function base64(bytes: Uint8Array): string {
  const text = bytesToBase64Url(bytes).replaceAll('-', '+').replaceAll('_', '/')
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=')
}
