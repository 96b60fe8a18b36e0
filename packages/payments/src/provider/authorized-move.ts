/** Calls that move a payer's money under its signature, one shape for transfers and channel deposits. */
import { type Address, bytesToHex, type Hex, KoinonError, sha256Hex, toAddress } from '@koinon/base'
import { batchSettlementAbi, testDollarAbi } from '@koinon/ledger/abis'
import { decodeAbiParameters, encodeAbiParameters, encodeFunctionData, parseAbiParameters } from 'viem'
import { type Secp256k1Engine, secp256k1Engine } from '../core/native-secp256k1.ts'
import { type ChannelConfig, channelIdOf, type EscrowDomain } from '../rules/channel.ts'
import { authorizationDigest, depositNonceOf, exactKey } from '../rules/exact.ts'
import type { Asset, SignedDeposit, TransferAuthorization } from '../rules/terms.ts'

export type LedgerCall = { readonly to: Address; readonly data: Hex }

export type AuthorizedMove = Omit<TransferAuthorization, 'signature'> & {
  readonly kind: 'transfer' | 'deposit'
  /** Names the authorization for ever; `digest` tells two of the same nonce apart. */
  readonly key: Hex
  readonly digest: Hex
  /** Whose balance must grow by the value: the payee, or the escrow. */
  readonly gains: Address
  readonly call: LedgerCall
  /** Permit2: the nonce is one of the payer's there, and this account alone may send the call. */
  readonly sentBy?: Address
  /** ERC-6492: creates the payer's account first. Never to be called by an account that holds anything. */
  readonly prepare?: LedgerCall
  /** The payer's own key signed it; else its contract has to agree. */
  readonly isKeySigned: boolean
  readonly signatureHash: Hex
}

const magic6492 = '6492649264926492649264926492649264926492649264926492649264926492'
/** A wallet's signature with the code that creates it; more is somebody's attempt to make us pay for the bytes. */
const maximumSignatureBytes = 8_192

/** The call of a transfer. Throws `payments/bad-authorization` on a signature that cannot be one. */
export function transferMove(
  authorization: TransferAuthorization,
  asset: Asset,
  chainId: number,
  engine: Secp256k1Engine = secp256k1Engine,
): AuthorizedMove {
  const { token, from, to, valueAtomic, validAfter, validBefore, nonce } = authorization
  const digest = authorizationDigest(authorization, asset, chainId)
  const { signature, prepare } = unwrap(authorization.signature)
  const isKeySigned = isSignedBy(from, digest, signature, engine)
  const fields = [from, to, valueAtomic, validAfter, validBefore, nonce] as const
  // Tokens without ERC-1271 know the split form only, and no account's contract could sign for them.
  const data = isKeySigned
    ? encodeFunctionData({
        abi: testDollarAbi,
        functionName: 'transferWithAuthorization',
        args: [...fields, ...splitSignature(signature)],
      })
    : encodeFunctionData({
        abi: testDollarAbi,
        functionName: 'transferWithAuthorization',
        args: [...fields, signature],
      })
  return {
    kind: 'transfer',
    key: exactKey(token, from, nonce),
    digest: bytesToHex(digest),
    ...{ token, from, to, valueAtomic, validAfter, validBefore, nonce },
    gains: to,
    call: { to: token, data },
    ...(prepare === undefined ? {} : { prepare }),
    isKeySigned,
    signatureHash: sha256Hex(authorization.signature),
  }
}

/** The call of a deposit that the escrow's EIP-3009 collector fetches. Throws `payments/bad-authorization`. */
export function depositMove(
  config: ChannelConfig,
  deposit: SignedDeposit,
  asset: Asset,
  escrow: EscrowDomain & { readonly collector: Address },
  engine: Secp256k1Engine = secp256k1Engine,
): AuthorizedMove {
  const channelId = channelIdOf(config, escrow)
  const { amountAtomic: valueAtomic, validAfter, validBefore, salt } = deposit
  const nonce = depositNonceOf(channelId, salt)
  const authorization = {
    token: config.token,
    from: config.payer,
    to: escrow.collector,
    ...{ valueAtomic, validAfter, validBefore, nonce },
  }
  const digest = authorizationDigest(authorization, asset, escrow.chainId, 'receive')
  const { signature, prepare } = unwrap(deposit.signature)
  const isKeySigned = isSignedBy(config.payer, digest, signature, engine)
  const collectorData = encodeAbiParameters(parseAbiParameters('uint256, uint256, uint256, bytes'), [
    validAfter,
    validBefore,
    BigInt(salt),
    isKeySigned ? joinSignature(splitSignature(signature)) : signature,
  ])
  return {
    kind: 'deposit',
    key: exactKey(config.token, config.payer, nonce),
    digest: bytesToHex(digest),
    ...authorization,
    gains: escrow.escrow,
    call: {
      to: escrow.escrow,
      data: encodeFunctionData({
        abi: batchSettlementAbi,
        functionName: 'deposit',
        args: [config, valueAtomic, escrow.collector, collectorData],
      }),
    },
    ...(prepare === undefined ? {} : { prepare }),
    isKeySigned,
    signatureHash: sha256Hex(deposit.signature),
  }
}

/** ERC-6492: (factory, its call data, signature) before the magic word; any other signature is itself. */
export function unwrap(signature: Hex): { readonly signature: Hex; readonly prepare?: LedgerCall } {
  if (!/^0x(?:[0-9a-f]{2})+$/i.test(signature) || signature.length > 2 + 2 * maximumSignatureBytes)
    throw badAuthorization('its signature is not bytes of a usual length')
  if (!signature.endsWith(magic6492)) return { signature }
  try {
    const [factory, data, inner] = decodeAbiParameters(
      parseAbiParameters('address, bytes, bytes'),
      signature.slice(0, -64) as Hex,
    )
    return { signature: inner, prepare: { to: toAddress(factory), data } }
  } catch {
    throw badAuthorization('its ERC-6492 wrapping is malformed')
  }
}

/** Parts of a key's signature; recovery ids that count from 0 are made 27 and 28. */
export function splitSignature(signature: Hex): readonly [v: number, r: Hex, s: Hex] {
  const v = Number.parseInt(signature.slice(130), 16)
  // Wallets that count the recovery id from 0 are common; tokens take 27 and 28 only.
  return [v < 27 ? v + 27 : v, `0x${signature.slice(2, 66)}`, `0x${signature.slice(66, 130)}`]
}

/** 65 bytes again. */
export function joinSignature([v, r, s]: readonly [v: number, r: Hex, s: Hex]): Hex {
  return `${r}${s.slice(2)}${v.toString(16)}` as Hex
}

/** Whether the account's own key signed. */
export function isSignedBy(account: Address, digest: Uint8Array, signature: Hex, engine: Secp256k1Engine): boolean {
  try {
    return engine.recover(digest, signature) === account
  } catch {
    return false
  }
}

/** The error of an authorization that no ledger would take. */
export function badAuthorization(reason: string): KoinonError {
  return new KoinonError({ code: 'payments/bad-authorization', message: `The authorization cannot be used: ${reason}` })
}
