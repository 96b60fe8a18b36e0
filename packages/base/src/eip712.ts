/**
 * EIP-712 digests and the ABI words they are made of, with nothing but Keccak: the browser's check stays small, and a wallet library
 * needs about ten times as long for the two small structs of the hot path (channel and voucher). Equality with viem is tested.
 */
import { type Address, bytesToHex, concatBytes, type Hex, hexToBytes, utf8ToBytes } from './bytes.ts'
import { KoinonError } from './errors.ts'
import { keccak256 } from './secp256k1.ts'

/** Domain of typed data; `verifyingContract` is left out where no contract checks the signature. */
export type TypedDataDomain = {
  readonly name: string
  readonly version: string
  readonly chainId: number
  readonly verifyingContract?: Address
}

const prefix = Uint8Array.of(0x19, 0x01)
const addressPadding = new Uint8Array(12)

/** Keccak of a type signature such as `Voucher(bytes32 channelId,uint128 maxClaimableAmount)`. */
export function typeHash(signature: string): Uint8Array {
  return keccak256(utf8ToBytes(signature))
}

const domainTypeHash = typeHash('EIP712Domain(string name,string version,uint256 chainId)')
const contractDomainTypeHash = typeHash(
  'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)',
)

/** Hash of the domain, the second word of every digest under it. */
export function domainSeparator(domain: TypedDataDomain): Uint8Array {
  const { name, version, chainId, verifyingContract } = domain
  const words = [textWord(name), textWord(version), integerWord(chainId)]
  return verifyingContract === undefined
    ? keccak256(concatBytes(domainTypeHash, ...words))
    : keccak256(concatBytes(contractDomainTypeHash, ...words, addressWord(verifyingContract)))
}

/** Digest that an account signs for one struct: type hash and words in order under a domain. On the path of every voucher. */
export function typedDigest(separator: Uint8Array, type: Uint8Array, words: readonly Uint8Array[]): Uint8Array {
  let length = type.length
  for (const word of words) length += word.length
  const struct = new Uint8Array(length)
  struct.set(type)
  let at = type.length
  for (const word of words) {
    struct.set(word, at)
    at += word.length
  }
  const message = new Uint8Array(66)
  message.set(prefix)
  message.set(separator, 2)
  message.set(keccak256(struct), 34)
  return keccak256(message)
}

/** Right-aligned address. */
export function addressWord(address: Address): Uint8Array {
  return concatBytes(addressPadding, fixedBytes(address, 20))
}

/** 32 bytes as they are. */
export function bytes32Word(hex: Hex): Uint8Array {
  return fixedBytes(hex, 32)
}

/** Big-endian unsigned integer of at most `bits` bits. Throws `base/out-of-range`. */
export function integerWord(value: bigint | number, bits = 256): Uint8Array {
  const integer = BigInt(value)
  if (integer < 0n || integer >> BigInt(bits) !== 0n) {
    throw new KoinonError({
      code: 'base/out-of-range',
      message: `${integer} is not an unsigned integer of ${bits} bits`,
    })
  }
  const word = new Uint8Array(32)
  const view = new DataView(word.buffer)
  // Each call stores the lowest 64 bits of what it gets.
  for (let [rest, at] = [integer, 24]; rest > 0n; rest >>= 64n, at -= 8) view.setBigUint64(at, rest)
  return word
}

/** Keccak of a text's UTF-8 bytes, the word of a `string` member. */
export function textWord(text: string): Uint8Array {
  return keccak256(utf8ToBytes(text))
}

/** Bytes of hex of a fixed length. Throws `base/bad-hex` on another length. */
export function fixedBytes(hex: Hex, length: number): Uint8Array {
  const bytes = hexToBytes(hex)
  if (bytes.length !== length) {
    throw new KoinonError({
      code: 'base/bad-hex',
      message: `${bytesToHex(bytes.subarray(0, 40))} is not ${length} bytes`,
    })
  }
  return bytes
}
