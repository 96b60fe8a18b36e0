import { bytesToHex, concatBytes, type Hex, keccak256 } from '@koinon/base'

/** Keccak-256 of joined parts, as hex. */
export function keccakHex(...parts: readonly Uint8Array[]): Hex {
  return bytesToHex(keccak256(concatBytes(...parts)))
}
