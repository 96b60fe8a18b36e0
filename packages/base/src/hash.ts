import { sha256 as nobleSha256 } from '@noble/hashes/sha2'
import { bytesToHex, type Hex, utf8ToBytes } from './bytes.ts'

/** SHA-256, portable. `@koinon/base/node` has the native one with the same result. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return nobleSha256(bytes)
}

/** SHA-256 of bytes or of a text's UTF-8 bytes, as hex. */
export function sha256Hex(data: Uint8Array | string): Hex {
  return bytesToHex(sha256(typeof data === 'string' ? utf8ToBytes(data) : data))
}
