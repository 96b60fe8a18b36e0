/** API keys (specs/0005-money.md section 2): one secret from which the channel's signing key and the gateway's look-up hash follow. */
import {
  type Address,
  base64UrlToBytes,
  bytesToBase64Url,
  bytesToHex,
  concatBytes,
  type Hex,
  KoinonError,
  secretKeyToAddress,
  sha256,
  utf8ToBytes,
} from '@koinon/base'
import { hkdf } from '@noble/hashes/hkdf'
import { sha256 as nobleSha256 } from '@noble/hashes/sha2'

/** What follows from an API key. Whoever holds `authorizerKey` can sign the channel's vouchers: the deposit is the limit. */
export type ApiKey = {
  /** `sk-koinon-` and 43 characters. */
  readonly text: string
  /** Public look-up value, safe to store. */
  readonly keyHash: Hex
  /** 32-byte secp256k1 secret; never store it on a gateway. */
  readonly authorizerKey: Uint8Array
  /** Account of `authorizerKey`, the channel's payerAuthorizer. */
  readonly authorizer: Address
}

export const apiKeyPrefix = 'sk-koinon-'

const hashTag = utf8ToBytes('koinon-api-key')

/** Derives everything from 32 secret bytes. */
export function deriveApiKey(secret: Uint8Array): ApiKey {
  const authorizerKey = deriveAuthorizerKey(secret)
  return {
    text: `${apiKeyPrefix}${bytesToBase64Url(secret)}`,
    keyHash: apiKeyHash(secret),
    authorizerKey,
    authorizer: secretKeyToAddress(authorizerKey),
  }
}

/** SHA-256("koinon-api-key" | secret). */
export function apiKeyHash(secret: Uint8Array): Hex {
  return bytesToHex(sha256(concatBytes(hashTag, requireSecret(secret))))
}

/** HKDF-SHA256(secret, salt "koinon", info "payer authorizer v1"), a secp256k1 secret key (invalid with probability 2^-128). */
export function deriveAuthorizerKey(secret: Uint8Array): Uint8Array {
  return hkdf(nobleSha256, requireSecret(secret), utf8ToBytes('koinon'), utf8ToBytes('payer authorizer v1'), 32)
}

/** The 32 secret bytes of a key's text. Throws `payments/bad-key`; the message never repeats the key. */
export function parseApiKey(text: string): Uint8Array {
  const encoded = text.startsWith(apiKeyPrefix) ? text.slice(apiKeyPrefix.length) : ''
  // 43 characters carry 258 bits: the last one must leave the two spare bits zero, so that one key has one text.
  if (!/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/.test(encoded)) throw badKey()
  return base64UrlToBytes(encoded)
}

/** The bearer secret of an `authorization` header, or undefined when it carries none. Throws `payments/bad-key`. */
export function parseBearer(authorization: string | undefined): Uint8Array | undefined {
  const match = /^bearer +(\S+) *$/i.exec(authorization ?? '')
  return match === null ? undefined : parseApiKey(match[1] as string)
}

function requireSecret(secret: Uint8Array): Uint8Array {
  if (secret.length !== 32) throw badKey()
  return secret
}

function badKey(): KoinonError {
  return new KoinonError({
    code: 'payments/bad-key',
    message: 'The API key is malformed',
    hint: `A key is ${apiKeyPrefix} followed by 43 letters, digits, - or _; copy it again from your wallet page.`,
  })
}
