/**
 * Account signatures at the speed of the hot path: libsecp256k1 through the prebuilt `secp256k1` package where one exists, else
 * noble in JavaScript (about 50 times slower). Both are deterministic (RFC 6979, low s) and give the same bytes.
 */
import { createRequire } from 'node:module'
import {
  type Address,
  bytesToHex,
  type Hex,
  hexToBytes,
  KoinonError,
  recoverAddress,
  secretKeyToAddress,
  signDigest,
} from '@koinon/base'
import { addressOfPoint, isHighS, PointAddresses } from './recovered-keys.ts'

export type Secp256k1Engine = {
  /** `native` or `noble`; shown by status pages. */
  readonly name: 'native' | 'noble'
  /** 65-byte r, s, v (27/28) signature over a 32-byte digest. Throws `payments/bad-secret-key`. */
  sign(digest: Uint8Array, secretKey: Uint8Array): Hex
  /** Account that signed. Throws `base/bad-signature` on anything malformed, high s included. */
  recover(digest: Uint8Array, signature: Hex): Address
  /** Account of a secret key. Throws `payments/bad-secret-key`. */
  addressOf(secretKey: Uint8Array): Address
}

/** The part of the package that we use; it brings no types. */
type NativeSecp256k1 = {
  ecdsaSign(digest: Uint8Array, secretKey: Uint8Array): { readonly signature: Uint8Array; readonly recid: number }
  ecdsaRecover(signature: Uint8Array, recid: number, digest: Uint8Array, compressed: boolean): Uint8Array
  publicKeyCreate(secretKey: Uint8Array, compressed: boolean): Uint8Array
}

/** The portable engine. */
export const nobleSecp256k1: Secp256k1Engine = {
  name: 'noble',
  sign: (digest, secretKey) => withSecret(() => signDigest(requireDigest(digest), secretKey)),
  recover: recoverAddress,
  addressOf: (secretKey) => withSecret(() => secretKeyToAddress(secretKey)),
}

/** The native engine, or undefined where no prebuilt binary loads. */
export function loadNativeSecp256k1(): Secp256k1Engine | undefined {
  try {
    // `bindings` and not the package's entry, whose fallback is a third implementation.
    return nativeEngine(createRequire(import.meta.url)('secp256k1/bindings') as NativeSecp256k1)
  } catch {
    return undefined
  }
}

/** The fastest engine of this machine, chosen once at load. */
export const secp256k1Engine: Secp256k1Engine = loadNativeSecp256k1() ?? nobleSecp256k1

function nativeEngine(native: NativeSecp256k1): Secp256k1Engine {
  const addresses = new PointAddresses()
  return {
    name: 'native',
    sign(digest, secretKey) {
      const { signature, recid } = withSecret(() => native.ecdsaSign(digest, secretKey))
      const bytes = new Uint8Array(65)
      bytes.set(signature)
      bytes[64] = 27 + recid
      return bytesToHex(bytes)
    },
    recover(digest, signature) {
      try {
        const bytes = hexToBytes(signature)
        const v = bytes[64] as number
        const recovery = v >= 27 ? v - 27 : v
        if (bytes.length !== 65 || recovery > 1) throw new Error('length or recovery id')
        const compact = bytes.subarray(0, 64)
        if (isHighS(compact)) throw new Error('high s')
        return addresses.of(native.ecdsaRecover(compact, recovery, digest, false))
      } catch (cause) {
        throw new KoinonError({ code: 'base/bad-signature', message: 'The account signature is malformed', cause })
      }
    },
    addressOf: (secretKey) => withSecret(() => addressOfPoint(native.publicKeyCreate(secretKey, false))),
  }
}

function withSecret<value>(work: () => value): value {
  try {
    return work()
  } catch (cause) {
    throw new KoinonError({
      code: 'payments/bad-secret-key',
      message: 'The secret key or the digest is not valid',
      cause,
    })
  }
}

/** noble signs digests of any length; nobody here has a reason to. */
function requireDigest(digest: Uint8Array): Uint8Array {
  if (digest.length !== 32) throw new Error('the digest is not 32 bytes')
  return digest
}
