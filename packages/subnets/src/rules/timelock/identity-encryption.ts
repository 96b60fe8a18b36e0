/**
 * Encryption to a round of a timekeeper that nobody can open before the round is published: FullIdent of Boneh and Franklin,
 * "Identity-Based Encryption from the Weil Pairing" (2001) section 4.2, with the groups and hashes of drand's tlock
 * (specs/0018-timelock.md section 3).
 */
import { concatBytes, equalBytes, fixedBytes, hexToBytes, KoinonError, sha256, utf8ToBytes } from '@koinon/base'
import { bls12_381 } from '@noble/curves/bls12-381'
import { roundPoint, type VerifiedRound } from './round.ts'
import type { RoundChain } from './round-chain.ts'

/** `u` is 96 bytes; `v` and `w` are as long as the message: 32 bytes at most. */
export type IdentityCiphertext = { readonly u: Uint8Array; readonly v: Uint8Array; readonly w: Uint8Array }

const { G1, G2, fields, pairing } = bls12_381
const fieldBytes = 48

/** Encrypts `message` (32 bytes at most) to a round. `sigma` is fresh randomness of the same length. */
export function encryptToRound(
  chain: RoundChain,
  round: number,
  message: Uint8Array,
  sigma: Uint8Array,
): IdentityCiphertext {
  const scalar = scalarFrom(sigma, message)
  const publicKey = G2.ProjectivePoint.fromHex(fixedBytes(chain.publicKey, 96))
  // e(Q, P)^r = e(rQ, P), and a multiple on G1 is the cheapest of the three ways.
  const shared = pairing(roundPoint(round).multiply(scalar), publicKey)
  return {
    u: G2.ProjectivePoint.BASE.multiply(scalar).toRawBytes(true),
    v: xor(sigma, pairingHash(shared)),
    w: xor(message, sigmaHash(sigma)),
  }
}

/** Opens a ciphertext with its round's signature. Throws `subnets/bad-timelock` when it was made for another key or altered. */
export function decryptWithRound(round: VerifiedRound, { u, v, w }: IdentityCiphertext): Uint8Array {
  try {
    const shared = pairing(
      G1.ProjectivePoint.fromHex(hexToBytes(round.signature)),
      // Checks the subgroup too.
      G2.ProjectivePoint.fromHex(u),
    )
    const sigma = xor(v, pairingHash(shared))
    const message = xor(w, sigmaHash(sigma))
    const again = G2.ProjectivePoint.BASE.multiply(scalarFrom(sigma, message)).toRawBytes(true)
    if (equalBytes(again, u)) return message
  } catch (cause) {
    throw notForThisRound(round, cause)
  }
  throw notForThisRound(round)
}

/** H3: hashes with a counter until the value is below the group order. */
function scalarFrom(sigma: Uint8Array, message: Uint8Array): bigint {
  const seed = sha256(concatBytes(utf8ToBytes('IBE-H3'), sigma, message))
  for (let i = 1; i < 0xffff; i++) {
    const digest = sha256(concatBytes(Uint8Array.of(i & 0xff, i >> 8), seed)).slice()
    digest[0] = (digest[0] as number) >> 1
    const value = digest.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
    if (value < fields.Fr.ORDER) return value
  }
  throw new RangeError('no scalar')
}

/** H2: highest coefficient first, which is the reverse of the library's order. */
function pairingHash(value: ReturnType<typeof pairing>): Uint8Array {
  const bytes = fields.Fp12.toBytes(value)
  const coefficients: Uint8Array[] = []
  for (let end = bytes.length; end > 0; end -= fieldBytes) coefficients.push(bytes.subarray(end - fieldBytes, end))
  return sha256(concatBytes(utf8ToBytes('IBE-H2'), ...coefficients))
}

/** H4. */
function sigmaHash(sigma: Uint8Array): Uint8Array {
  return sha256(concatBytes(utf8ToBytes('IBE-H4'), sigma))
}

/** As long as `text`, which `pad` must reach. */
function xor(text: Uint8Array, pad: Uint8Array): Uint8Array {
  if (text.length > pad.length) throw new RangeError('too long')
  return text.map((byte, index) => byte ^ (pad[index] as number))
}

function notForThisRound({ round }: VerifiedRound, cause?: unknown): KoinonError {
  return new KoinonError({
    code: 'subnets/bad-timelock',
    message: `What is sealed is damaged, or was not sealed to round ${round} of this timekeeper`,
    cause,
  })
}
