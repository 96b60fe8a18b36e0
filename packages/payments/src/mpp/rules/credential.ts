/** Credentials of the `Payment` scheme: `Authorization: Payment BASE64URL` (specs/0022 section 7). */
import { type Address, bytesToBase64Url, KoinonError, utf8ToBytes } from '@koinon/base'
import { checksummed } from '../../rules/checksummed.ts'
import { asObject, decodeWireObject } from './canonical-json.ts'
import { challengeFrom, type PaymentChallenge } from './challenge.ts'

export type PaymentCredential = {
  /** As the server wrote it. */
  readonly challenge: PaymentChallenge
  /** Who pays: `did:pkh:eip155:CHAIN:ADDRESS`. */
  readonly source?: string
  /** By method and intent. */
  readonly payload: Readonly<Record<string, unknown>>
}

/** Longest credential in characters: a challenge of 16 kB and a signature of a contract's. */
export const maximumCredentialLength = 49_152

/** The value of `Authorization`. */
export function formatCredential(credential: PaymentCredential): string {
  const { challenge, payload, source } = credential
  const json = { challenge, payload, ...(source === undefined ? {} : { source }) }
  return `Payment ${bytesToBase64Url(utf8ToBytes(JSON.stringify(json)))}`
}

/**
 * The Payment credential of an `Authorization` value, which may name other schemes beside it; undefined when there is none. Throws
 * `payments/mpp-bad-credential` for one that cannot be read. Padding is tolerated.
 */
export function parseCredential(headerValue: string): PaymentCredential | undefined {
  const found = /(?:^|,)[ \t]*payment[ \t]+([^,]*)/i.exec(headerValue.slice(0, maximumCredentialLength + 1024))
  if (found === null) return undefined
  const text = (found[1] as string).trim().replace(/=+$/, '')
  const json = decodeWireObject(text, maximumCredentialLength)
  if (json === undefined) throw badCredential('it is not base64url of a JSON object')
  const challenge = challengeFrom(asObject(json['challenge']) ?? {})
  if (challenge === undefined) throw badCredential('its challenge is not one')
  const payload = asObject(json['payload'])
  if (payload === undefined) throw badCredential('it has no payload')
  const { source } = json
  if (source !== undefined && (typeof source !== 'string' || source.length > 256)) throw badCredential('its source')
  return { challenge, payload, ...(source === undefined ? {} : { source }) }
}

/** The payer as `source` names it; mppx takes the address with its checksum's capitals (EIP-55) alone. */
export function sourceOf(chainId: number, address: Address): string {
  return `did:pkh:eip155:${chainId}:${checksummed(address)}`
}

/** A credential that no payment can be read from. */
export function badCredential(problem: string): KoinonError {
  return new KoinonError({
    code: 'payments/mpp-bad-credential',
    message: `The payment credential is malformed: ${problem}`,
    details: { status: 402 },
  })
}
