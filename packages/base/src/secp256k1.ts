import { secp256k1 } from '@noble/curves/secp256k1'
import { keccak_256 } from '@noble/hashes/sha3'
import { type Address, bytesToHex, type Hex, hexToBytes } from './bytes.ts'
import { KoinonError } from './errors.ts'
import { createWasmKeccak256 } from './keccak-wasm.ts'
import { nodeCrypto } from './platform.ts'

/** Keccak-256, the ledger's hash: WebAssembly in Node, JavaScript in browsers, whose pages may not be allowed to compile any. */
export const keccak256: (bytes: Uint8Array) => Uint8Array =
  (nodeCrypto === undefined ? undefined : createWasmKeccak256()) ?? ((bytes) => keccak_256(bytes))

/** Account address of an uncompressed or compressed secp256k1 public key. */
export function publicKeyToAddress(publicKey: Uint8Array): Address {
  const point = secp256k1.ProjectivePoint.fromHex(publicKey).toRawBytes(false)
  return bytesToHex(keccak256(point.subarray(1)).subarray(12))
}

/** Account that signed a 32-byte digest with a 65-byte r, s, v signature (v 27/28 or 0/1). Throws `base/bad-signature`. */
export function recoverAddress(digest: Uint8Array, signature: Hex): Address {
  try {
    const bytes = hexToBytes(signature)
    const v = bytes[64] as number
    const recovery = v >= 27 ? v - 27 : v
    if (bytes.length !== 65 || recovery > 1) throw new Error('length or recovery id')
    const parsed = secp256k1.Signature.fromCompact(bytes.subarray(0, 64))
    if (parsed.hasHighS()) throw new Error('high s')
    return publicKeyToAddress(parsed.addRecoveryBit(recovery).recoverPublicKey(digest).toRawBytes(false))
  } catch (cause) {
    throw new KoinonError({ code: 'base/bad-signature', message: 'The account signature is malformed', cause })
  }
}

/** Signs a 32-byte digest with a 32-byte secret key: 65 bytes r, s, v (27/28), low s, RFC 6979 nonce. */
export function signDigest(digest: Uint8Array, secretKey: Uint8Array): Hex {
  const signature = secp256k1.sign(digest, secretKey)
  return bytesToHex(Uint8Array.of(...signature.toCompactRawBytes(), 27 + (signature.recovery as number)))
}

/** Account address of a 32-byte secret key. */
export function secretKeyToAddress(secretKey: Uint8Array): Address {
  return publicKeyToAddress(secp256k1.getPublicKey(secretKey, false))
}
