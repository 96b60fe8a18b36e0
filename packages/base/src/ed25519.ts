import { ed25519 } from '@noble/curves/ed25519'
import { bytesToHex, type Hex, hexToBytes } from './bytes.ts'

/** Signs on behalf of one session key. Sign takes any bytes; ours are always 32-byte struct hashes. */
export type SessionSigner = {
  /** 32-byte ed25519 public key. */
  readonly publicKey: Hex
  /** 64-byte signature as hex. */
  sign(message: Uint8Array): Hex
}

/** Checks an ed25519 signature; false on anything malformed. Strict (RFC 8032, no small-order keys). */
export type VerifySession = (publicKey: Hex, message: Uint8Array, signature: Hex) => boolean

/** Portable signer from a 32-byte seed. `@koinon/base/node` has the native one, about 10 times faster. */
export function createSessionSigner(seed: Uint8Array): SessionSigner {
  const publicKey = bytesToHex(ed25519.getPublicKey(seed))
  return { publicKey, sign: (message) => bytesToHex(ed25519.sign(message, seed)) }
}

/** Portable verification for the browser. */
export const verifySession: VerifySession = (publicKey, message, signature) => {
  try {
    return ed25519.verify(hexToBytes(signature), message, hexToBytes(publicKey), { zip215: false })
  } catch {
    return false
  }
}
