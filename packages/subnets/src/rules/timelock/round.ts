/** Rounds of a timekeeper: BLS signatures on G1 of BLS12-381 over the round's number (specs/0018-timelock.md section 1). */
import {
  bytesToHex,
  concatBytes,
  fixedBytes,
  type Hex,
  hexToBytes,
  KoinonError,
  sha256,
  sha256Hex,
  utf8ToBytes,
} from '@koinon/base'
import { bls12_381 } from '@noble/curves/bls12-381'
import type { RoundChain } from './round-chain.ts'

/** A published round. `signature` is a point on G1, 48 bytes compressed. */
export type SignedRound = { readonly round: number; readonly signature: Hex }

/** A round whose signature was checked against its chain. */
export type VerifiedRound = SignedRound & {
  readonly chain: RoundChain
  /** SHA-256 of the signature. */
  readonly randomness: Hex
}

const domain = { DST: 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_' }

/** Two pairings. Throws `subnets/bad-beacon-round` when the signature is not this chain's over this round. */
export function verifyRound(chain: RoundChain, { round, signature }: SignedRound): VerifiedRound {
  const { G1, G2, fields, pairingBatch } = bls12_381
  let product: ReturnType<typeof pairingBatch>
  try {
    const signed = G1.ProjectivePoint.fromHex(fixedBytes(signature, 48))
    const publicKey = G2.ProjectivePoint.fromHex(fixedBytes(chain.publicKey, 96))
    product = pairingBatch([
      { g1: roundPoint(round), g2: publicKey },
      { g1: signed.negate(), g2: G2.ProjectivePoint.BASE },
    ])
  } catch (cause) {
    throw badRound(round, cause)
  }
  if (!fields.Fp12.eql(product, fields.Fp12.ONE)) throw badRound(round)
  return { chain, round, signature: bytesToHex(hexToBytes(signature)), randomness: sha256Hex(hexToBytes(signature)) }
}

/** A timekeeper's secret key from 32 secret bytes: their tagged hash, the first byte 0 so that it is below the group order. */
export function roundSecretKey(seed: Uint8Array): Uint8Array {
  const key = sha256(concatBytes(utf8ToBytes('koinon beacon key'), seed)).slice()
  key[0] = 0
  return key
}

/** Signs a round: what a local timekeeper publishes. `secretKey` is 32 bytes, below the group order and not zero. */
export function signRound(secretKey: Uint8Array, round: number): SignedRound {
  const signature = roundPoint(round).multiply(scalarOf(secretKey)).toRawBytes(true)
  return { round, signature: bytesToHex(signature) }
}

/** A round by the holder of the chain's own key: nothing of it is left to check. */
export function ownRound(chain: RoundChain, secretKey: Uint8Array, round: number): VerifiedRound {
  const signed = signRound(secretKey, round)
  return { chain, ...signed, randomness: sha256Hex(hexToBytes(signed.signature)) }
}

/** Public key of a timekeeper's secret key: 96 bytes compressed. */
export function roundPublicKey(secretKey: Uint8Array): Hex {
  return bytesToHex(bls12_381.G2.ProjectivePoint.BASE.multiply(scalarOf(secretKey)).toRawBytes(true))
}

/** The round's identity as a point on G1: hash to the curve of SHA-256(uint64 round). */
export function roundPoint(round: number): InstanceType<typeof bls12_381.G1.ProjectivePoint> {
  if (!Number.isSafeInteger(round) || round < 1) throw badRound(round)
  const number = new DataView(new ArrayBuffer(8))
  number.setBigUint64(0, BigInt(round))
  const point = bls12_381.G1.hashToCurve(sha256(new Uint8Array(number.buffer)), domain)
  return bls12_381.G1.ProjectivePoint.fromAffine(point.toAffine())
}

function scalarOf(secretKey: Uint8Array): bigint {
  return bls12_381.fields.Fr.fromBytes(secretKey)
}

function badRound(round: number, cause?: unknown): KoinonError {
  return new KoinonError({
    code: 'subnets/bad-beacon-round',
    message: `Round ${round} does not carry its timekeeper's signature`,
    cause,
  })
}
