import { type Address, bytesToHex, type Hex, keccak256, utf8ToBytes } from '@koinon/base'

/** An address with the capitals of EIP-55, for those who take no other. */
export function checksummed(address: Address): Hex {
  const lower = address.slice(2).toLowerCase()
  const hash = bytesToHex(keccak256(utf8ToBytes(lower))).slice(2)
  const digits = [...lower].map((digit, at) =>
    Number.parseInt(hash[at] as string, 16) >= 8 ? digit.toUpperCase() : digit,
  )
  return `0x${digits.join('')}`
}
