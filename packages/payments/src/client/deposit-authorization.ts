/** EIP-3009 deposits: the payer signs, the escrow's collector fetches the money, nobody can divert it to another channel. */
import {
  type Address,
  addressWord,
  bytes32Word,
  bytesToHex,
  concatBytes,
  domainSeparator,
  type Hex,
  integerWord,
  keccak256,
  type TypedDataDomain,
  typedDigest,
  typeHash,
} from '@koinon/base'

export type DepositAuthorization = {
  readonly channelId: Hex
  readonly payer: Address
  /** The collector contract, which is the payee of the authorization. */
  readonly collector: Address
  readonly amountAtomic: bigint
  /** Unix seconds, exclusive. */
  readonly validBefore: number
  /** 32 bytes that name this deposit: the same one can be collected once, ever. */
  readonly depositId: Hex
}

const receiveTypeHash = typeHash(
  'ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)',
)

/** The authorization's nonce, keccak256(channelId | depositId), which ties it to one channel. */
export function depositNonce(authorization: Pick<DepositAuthorization, 'channelId' | 'depositId'>): Hex {
  return bytesToHex(keccak256(concatBytes(bytes32Word(authorization.channelId), bytes32Word(authorization.depositId))))
}

/** Digest of the payer's ReceiveWithAuthorization under the token's own domain. */
export function depositDigest(authorization: DepositAuthorization, token: TypedDataDomain): Uint8Array {
  return typedDigest(domainSeparator(token), receiveTypeHash, [
    addressWord(authorization.payer),
    addressWord(authorization.collector),
    integerWord(authorization.amountAtomic),
    integerWord(0n),
    integerWord(BigInt(authorization.validBefore)),
    bytes32Word(depositNonce(authorization)),
  ])
}

/** abi.encode(uint256 validAfter, uint256 validBefore, uint256 salt, bytes signature), as the collector reads it. */
export function collectorData(authorization: DepositAuthorization, signature: Hex): Hex {
  const bytes = (signature.length - 2) / 2
  const padded = signature.slice(2).padEnd(Math.ceil(bytes / 32) * 64, '0')
  const words = [0n, BigInt(authorization.validBefore), BigInt(authorization.depositId), 128n, BigInt(bytes)]
  return `0x${words.map((word) => word.toString(16).padStart(64, '0')).join('')}${padded}`
}
