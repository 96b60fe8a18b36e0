/** Ethereum ABI words, for the few Keccak hashes that contracts check (specs/0007-epochs.md). */
import { type Address, bytesToHex, concatBytes, type Hex, hexToBytes, KoinonError, keccak256 } from '@koinon/base'

/** 32-byte big-endian word of an unsigned integer. Throws `subnets/out-of-range` when it does not fit 256 bits. */
export function uintWord(value: bigint | number): Uint8Array {
  const integer = BigInt(value)
  if (integer < 0n || integer >> 256n !== 0n) {
    throw new KoinonError({ code: 'subnets/out-of-range', message: `${integer} does not fit 256 unsigned bits` })
  }
  return hexToBytes(`0x${integer.toString(16).padStart(64, '0')}`)
}

/** 32-byte word of a 20-byte address. */
export function addressWord(address: Address): Uint8Array {
  return concatBytes(new Uint8Array(12), fixedBytes(address, 20))
}

/** Bytes of hex of a fixed length. Throws `subnets/out-of-range` on another length. */
export function fixedBytes(hex: Hex, length: number): Uint8Array {
  const bytes = hexToBytes(hex)
  if (bytes.length !== length) {
    throw new KoinonError({ code: 'subnets/out-of-range', message: `${hex} is not ${length} bytes` })
  }
  return bytes
}

/** Keccak-256 of joined parts, as hex. */
export function keccakHex(...parts: readonly Uint8Array[]): Hex {
  return bytesToHex(keccak256(concatBytes(...parts)))
}
