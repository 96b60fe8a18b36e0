/** Timekeepers: what identifies one and which round falls when (specs/0018-timelock.md sections 1 and 2). */
import { type Address, concatBytes, fixedBytes, type Hex, hexToBytes, sha256Hex, utf8ToBytes } from '@koinon/base'

/** Everything about a timekeeper that never changes. Its hash fixes all of it, so a copy from anywhere can be checked. */
export type RoundChain = {
  readonly scheme: 'bls-unchained-g1-rfc9380'
  /** Point on G2, 96 bytes compressed. */
  readonly publicKey: Hex
  readonly periodSeconds: number
  /** Unix seconds of round 1. */
  readonly genesisSeconds: number
  /** 32 bytes. */
  readonly groupHash: Hex
  readonly beaconId: string
}

/** drand's quicknet, run by the League of Entropy. */
export const quicknet: RoundChain = {
  scheme: 'bls-unchained-g1-rfc9380',
  publicKey:
    '0x83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a',
  periodSeconds: 3,
  genesisSeconds: 1_692_803_367,
  groupHash: '0xf477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e',
  beaconId: 'quicknet',
}

const localBeaconId = 'local'

/** The timekeeper of a network without the internet: one key of whoever runs it. `publicKey` as `roundPublicKey` gives it. */
export function localRoundChain(local: {
  readonly publicKey: Hex
  readonly chainId: number
  readonly epochsContract: Address
  readonly genesisSeconds: number
  readonly periodSeconds: number
}): RoundChain {
  return {
    scheme: 'bls-unchained-g1-rfc9380',
    publicKey: local.publicKey,
    periodSeconds: local.periodSeconds,
    genesisSeconds: local.genesisSeconds,
    groupHash: sha256Hex(`koinon local beacon ${local.chainId} ${local.epochsContract}`),
    beaconId: localBeaconId,
  }
}

/** SHA-256(uint32 period | int64 genesis | public key | group hash | beacon id), as drand computes it. */
export function roundChainHash(chain: RoundChain): Hex {
  const times = new DataView(new ArrayBuffer(12))
  times.setUint32(0, chain.periodSeconds)
  times.setBigInt64(4, BigInt(chain.genesisSeconds))
  return sha256Hex(
    concatBytes(
      new Uint8Array(times.buffer),
      hexToBytes(chain.publicKey),
      fixedBytes(chain.groupHash, 32),
      utf8ToBytes(chain.beaconId === 'default' ? '' : chain.beaconId),
    ),
  )
}

/** Unix seconds at which a round is published. */
export function roundPublishedAtSeconds(chain: RoundChain, round: number): number {
  return chain.genesisSeconds + (round - 1) * chain.periodSeconds
}

/** The first round published at or after a time in Unix seconds: with the end of the weight-commit phase, the round of an epoch. */
export function firstRoundAt(chain: RoundChain, atSeconds: number): number {
  return Math.max(1, 1 + Math.ceil((atSeconds - chain.genesisSeconds) / chain.periodSeconds))
}
