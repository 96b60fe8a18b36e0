import { hash } from 'node:crypto'

/** SHA-256 by Node's OpenSSL; same result as the portable one, several times faster. */
export function sha256Native(bytes: Uint8Array | string): Uint8Array {
  return hash('sha256', bytes, 'buffer')
}
