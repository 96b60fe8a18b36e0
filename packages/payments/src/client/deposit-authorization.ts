/** EIP-3009 deposits: the payer signs, the escrow's collector fetches the money, nobody can divert it to another channel. */
import type { Address, Hex, TypedDataDomain } from '@koinon/base'
import { authorizationDigest, depositNonceOf } from '../rules/exact.ts'

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

/** The authorization's nonce, which ties it to one channel. */
export function depositNonce({ channelId, depositId }: Pick<DepositAuthorization, 'channelId' | 'depositId'>): Hex {
  return depositNonceOf(channelId, depositId)
}

/** Digest of the payer's ReceiveWithAuthorization under the token's own domain. */
export function depositDigest(authorization: DepositAuthorization, token: Required<TypedDataDomain>): Uint8Array {
  const { payer, collector, amountAtomic, validBefore } = authorization
  const transfer = {
    token: token.verifyingContract,
    from: payer,
    to: collector,
    valueAtomic: amountAtomic,
    validAfter: 0n,
    validBefore: BigInt(validBefore),
    nonce: depositNonce(authorization),
  }
  return authorizationDigest(transfer, token, token.chainId, 'receive')
}

/** abi.encode(uint256 validAfter, uint256 validBefore, uint256 salt, bytes signature), as the collector reads it. */
export function collectorData(authorization: DepositAuthorization, signature: Hex): Hex {
  const bytes = (signature.length - 2) / 2
  const padded = signature.slice(2).padEnd(Math.ceil(bytes / 32) * 64, '0')
  const words = [0n, BigInt(authorization.validBefore), BigInt(authorization.depositId), 128n, BigInt(bytes)]
  return `0x${words.map((word) => word.toString(16).padStart(64, '0')).join('')}${padded}`
}
