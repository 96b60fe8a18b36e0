/** MPP over MCP, as mppx 0.11 speaks it: challenges and credentials are JSON objects, a challenge's `request` is open (specs/0022 section 7.6). */
import { bytesToBase64Url, utf8ToBytes } from '@koinon/base'
import { asObject, decodeWireObject, encodeWireJson, type WireJson } from './canonical-json.ts'
import { challengeBounds, challengeFrom, formatChallenge, type PaymentChallenge } from './challenge.ts'
import { maximumCredentialLength } from './credential.ts'

type Json = Readonly<Record<string, unknown>>

/** Fields of `_meta`. */
export const mppMetaKeys = {
  credential: 'org.paymentauth/credential',
  required: 'org.paymentauth/payment-required',
  receipt: 'org.paymentauth/receipt',
} as const
/** JSON-RPC errors by which servers ask for money. */
export const mppErrorCodes: readonly unknown[] = [-32042, -32043]

/** What a tool call asks for. */
export function mcpChallenges(challenges: readonly PaymentChallenge[], problem?: Json): Json {
  return {
    httpStatus: 402,
    challenges: challenges.map((challenge) => ({
      ...challenge,
      request: decodeWireObject(challenge.request, challengeBounds.partLength) ?? {},
    })),
    ...(problem === undefined ? {} : { problem }),
  }
}

/** The challenges in what a server asks for, as the `WWW-Authenticate` value that says the same; undefined without one that can be read. */
export function challengesInMcp(data: unknown): string | undefined {
  const challenges = asObject(data)?.['challenges']
  if (!Array.isArray(challenges)) return undefined
  const found = (challenges as readonly unknown[]).slice(0, challengeBounds.challenges).flatMap((json) => {
    const challenge = challengeFrom(closed(asObject(json) ?? {}))
    return challenge === undefined ? [] : [formatChallenge(challenge)]
  })
  return found.length === 0 ? undefined : found.join(', ')
}

/** A credential of `_meta` as the `Authorization` value that says the same; undefined when it is none, or too long. */
export function credentialInMcp(json: unknown): string | undefined {
  const credential = asObject(json)
  const challenge = asObject(credential?.['challenge'])
  if (credential === undefined || challenge === undefined) return undefined
  const text = bytesToBase64Url(utf8ToBytes(JSON.stringify({ ...credential, challenge: closed(challenge) })))
  return text.length > maximumCredentialLength ? undefined : `Payment ${text}`
}

/** The credential of an `Authorization: Payment` value, for `_meta`. */
export function mcpCredential(headerValue: string): Json | undefined {
  const json = decodeWireObject(headerValue.replace(/^Payment\s+/i, ''), maximumCredentialLength)
  const challenge = asObject(json?.['challenge'])
  const request = challenge?.['request']
  if (json === undefined || typeof request !== 'string') return undefined
  return { ...json, challenge: { ...challenge, request: decodeWireObject(request, challengeBounds.partLength) ?? {} } }
}

/** `request` as base64url of canonical JSON, which the challenge's id binds. */
function closed(challenge: Json): Json {
  const request = asObject(challenge['request'])
  return request === undefined ? challenge : { ...challenge, request: encodeWireJson(request as WireJson) }
}
