/** Challenges of the `Payment` authentication scheme: `WWW-Authenticate: Payment id="...", ...` (specs/0022 section 7). */
import { KoinonError } from '@koinon/base'
import { type AuthScheme, readAuthSchemes } from './auth-params.ts'

/** What a server asks for. `request` and `opaque` stay base64url as on the wire, because the id binds those very characters. */
export type PaymentChallenge = {
  readonly id: string
  /** Who asks: the host of the URL unless both sides agreed on another name. */
  readonly realm: string
  readonly method: string
  readonly intent: string
  readonly request: string
  /** RFC 3339. */
  readonly expires?: string
  /** RFC 9530 digest of the request body: `sha-256=:BASE64:`. */
  readonly digest?: string
  readonly opaque?: string
  /** For people only. */
  readonly description?: string
  /** Header that takes the credential where it is not `Authorization`. */
  readonly header?: string
}

/** Longest `WWW-Authenticate` value that is looked at, and longest part of one. */
export const challengeBounds = { headerLength: 65_536, partLength: 16_384, challenges: 16 } as const

const shapes: Readonly<Record<keyof PaymentChallenge, RegExp>> = {
  id: /^[\x21-\x7b\x7d\x7e]{1,512}$/,
  realm: /^[\x20-\x7b\x7d\x7e]{1,256}$/,
  method: /^[a-z][a-z0-9:_-]{0,31}$/,
  intent: /^[A-Za-z0-9-]{1,32}$/,
  request: /^[A-Za-z0-9_-]{2,16384}$/,
  expires: /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/,
  digest: /^[a-z0-9-]+=:?[A-Za-z0-9+/_-]+={0,2}:?$/,
  opaque: /^[A-Za-z0-9_-]{0,4096}$/,
  description: /^\P{Cc}{0,1024}$/u,
  header: /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/,
}
const required = ['id', 'realm', 'method', 'intent', 'request'] as const

/** A challenge whose parts have the scheme's shapes; undefined otherwise. Unknown parts are left out. */
export function challengeFrom(parts: Readonly<Record<string, unknown>>): PaymentChallenge | undefined {
  const challenge: Record<string, string> = {}
  for (const [name, shape] of Object.entries(shapes)) {
    const value = parts[name]
    if (value === undefined) continue
    if (typeof value !== 'string' || !shape.test(value)) return undefined
    challenge[name] = value
  }
  return required.every((name) => challenge[name] !== undefined) ? (challenge as PaymentChallenge) : undefined
}

/**
 * The Payment challenges in a `WWW-Authenticate` value (several fields joined by commas), in their order. Other schemes and challenges
 * with parts that are missing, repeated or out of shape are left out. Throws `payments/mpp-bad-challenge` when the value is too long or
 * cannot be read.
 */
export function parseChallenges(headerValue: string): readonly PaymentChallenge[] {
  if (headerValue.length > challengeBounds.headerLength) throw badChallenge('it is too long')
  const schemes = readAuthSchemes(headerValue, challengeBounds.partLength)
  if (schemes === undefined) throw badChallenge('it is not a list of authentication schemes')
  return schemes.flatMap(paymentChallenge).slice(0, challengeBounds.challenges)
}

function paymentChallenge(scheme: AuthScheme): readonly PaymentChallenge[] {
  if (scheme.name.toLowerCase() !== 'payment' || scheme.isRepeating) return []
  const challenge = challengeFrom(scheme.parameters)
  return challenge === undefined ? [] : [challenge]
}

/** One challenge as a `WWW-Authenticate` value. Every part is a quoted string; what is not ASCII goes as `\uXXXX`, which mppx reads. */
export function formatChallenge(challenge: PaymentChallenge): string {
  if (challengeFrom(challenge) === undefined) throw badChallenge('a part has a shape that the scheme does not allow')
  const order = ['id', 'realm', 'method', 'intent', 'request', 'description', 'digest', 'expires', 'header', 'opaque']
  const parts = order.flatMap((name) => {
    const value = challenge[name as keyof PaymentChallenge]
    return value === undefined ? [] : [`${name}="${quoted(value)}"`]
  })
  return `Payment ${parts.join(', ')}`
}

function quoted(text: string): string {
  return text
    .replaceAll(/["\\]/g, (character) => `\\${character}`)
    .replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function badChallenge(problem: string): KoinonError {
  return new KoinonError({
    code: 'payments/mpp-bad-challenge',
    message: `The payment challenge cannot be read: ${problem}`,
  })
}
