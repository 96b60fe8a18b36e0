import { type Address, bytesToHex, hexToBytes, keccak256 } from '@koinon/base'

/** Half the order of the group, big-endian: a valid s is at most this. */
const halfOrder = hexToBytes('0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0')

/** Whether the s of a 64-byte signature is the higher of the two that sign the same. */
export function isHighS(compact: Uint8Array): boolean {
  for (let i = 0; i < 32; i++) {
    const difference = (compact[32 + i] as number) - (halfOrder[i] as number)
    if (difference !== 0) return difference > 0
  }
  return false
}

const mostPoints = 4_096

/** Accounts of recovered keys: who signs once signs again, and Keccak takes a fifth of a recovery. */
export class PointAddresses {
  readonly #known = new Map<string, Address>()

  of(point: Uint8Array): Address {
    const key = Buffer.from(point.buffer, point.byteOffset + 1, 64).toString('latin1')
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const address = addressOfPoint(point)
    if (this.#known.size >= mostPoints) this.#known.clear()
    this.#known.set(key, address)
    return address
  }
}

/** Account of an uncompressed key of 65 bytes. */
export function addressOfPoint(point: Uint8Array): Address {
  return bytesToHex(keccak256(point.subarray(1)).subarray(12))
}
