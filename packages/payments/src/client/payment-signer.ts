/** The only door to a payer's keys: typed intents in, signatures out. No text of a seller ever reaches it. */
import type { Address, Hex } from '@koinon/base'
import { type Secp256k1Engine, secp256k1Engine } from '../core/native-secp256k1.ts'
import type { ChannelConfig, EscrowDomain } from '../rules/channel.ts'
import { channelIdOf } from '../rules/channel.ts'
import { authorizationDigest } from '../rules/exact.ts'
import type { Asset, TransferAuthorization, UpToAuthorization } from '../rules/terms.ts'
import { allowanceDigest, type UnsignedUpTo, upToDigest } from '../rules/up-to.ts'
import { voucherDigest } from '../rules/voucher.ts'
import { depositDigest } from './deposit-authorization.ts'

/** For whom and for what a signature is asked, so that a signer with limits of its own can hold it against them. */
export type IntentCall = {
  readonly origin: string
  readonly resourceUrl: string
  /** HTTP method in capitals; `POST` where calls are messages. */
  readonly method: string
  readonly paymentId: string
  /** Hash of the request that is paid for. */
  readonly requestHash: Hex
  /** The most that this call may cost, atomic units. */
  readonly maximumAtomic: bigint
}

export type VoucherIntent = {
  readonly call: IntentCall
  readonly domain: EscrowDomain
  readonly config: ChannelConfig
  readonly maxClaimableAtomic: bigint
}

export type AuthorizationIntent = {
  readonly call: IntentCall
  readonly chainId: number
  readonly asset: Asset
  /** What the payer would sign. A signer may take another account of its own, another end and, unless it is fixed, another nonce. */
  readonly authorization: Omit<TransferAuthorization, 'signature'>
  /** The seller set the nonce. */
  readonly isNonceFixed: boolean
}

export type UpToIntent = {
  readonly call: IntentCall
  readonly chainId: number
  readonly asset: Asset
  readonly authorization: UnsignedUpTo
  /** An EIP-2612 permit of exactly the maximum is wanted too. */
  readonly allowance?: { readonly nonce: bigint; readonly deadline: bigint }
}

export type DepositAuthorizationIntent = {
  readonly call: IntentCall
  readonly domain: EscrowDomain
  readonly config: ChannelConfig
  readonly asset: Asset
  /** Contract that collects; payee of the authorization. */
  readonly collector: Address
  readonly amountAtomic: bigint
  /** Unix seconds, exclusive; valid from the beginning of time. */
  readonly validBefore: number
  readonly salt: Hex
}

/** Money that a signer is to put into a channel by itself, so that a voucher of `maxClaimableAtomic` is covered. */
export type ChannelFunding = VoucherIntent & {
  /** What the channel should get; `leastAtomic` covers the voucher and is what the seller takes. */
  readonly amountAtomic: bigint
  readonly leastAtomic: bigint
}

/** Signs what it finds right and throws otherwise; 65-byte signatures. */
export type PaymentSigner = {
  /** Owns the money. */
  readonly payer: Address
  /** Whose vouchers count; the payer or a session key of it. */
  readonly payerAuthorizer: Address
  signVoucher(intent: VoucherIntent): Promise<Hex>
  signAuthorization(intent: AuthorizationIntent): Promise<TransferAuthorization>
  signDeposit(intent: DepositAuthorizationIntent): Promise<Hex>
  /** Left out, `upTo` is not paid. */
  signUpTo?(intent: UpToIntent): Promise<UpToAuthorization>
  /** Whose account pays `upTo`; the payer's unless given. */
  readonly upToPayer?: Address
  /** A transaction that is said to have settled an `upTo` payment, for signers that count what it left. */
  settledUpTo?(authorization: UpToAuthorization, transaction: Hex): Promise<void>
  /** For signers whose deposits no seller can collect: puts the money in and resolves when it is mined. `signDeposit` is not asked then. */
  fundChannel?(intent: ChannelFunding): Promise<void>
}

/** A signer that holds its keys in this process and signs everything; limits are the payer's. `authorizerKey` signs vouchers. */
export function localPaymentSigner(
  secretKey: Uint8Array,
  authorizerKey: Uint8Array = secretKey,
  engine: Secp256k1Engine = secp256k1Engine,
): PaymentSigner {
  const payer = engine.addressOf(secretKey)
  const idOf = channelIds()
  return {
    payer,
    payerAuthorizer: engine.addressOf(authorizerKey),
    async signVoucher({ domain, config, maxClaimableAtomic }) {
      return engine.sign(voucherDigest({ channelId: idOf(config, domain), maxClaimableAtomic }, domain), authorizerKey)
    },
    async signAuthorization({ authorization, asset, chainId }) {
      return { ...authorization, signature: engine.sign(authorizationDigest(authorization, asset, chainId), secretKey) }
    },
    async signUpTo({ authorization, allowance, asset, chainId }) {
      const signed = { ...authorization, signature: engine.sign(upToDigest(authorization, chainId), secretKey) }
      if (allowance === undefined) return signed
      const digest = allowanceDigest(authorization, allowance, asset, chainId)
      return { ...signed, allowance: { ...allowance, signature: engine.sign(digest, secretKey) } }
    },
    async signDeposit({ domain, config, asset, collector, amountAtomic, validBefore, salt }) {
      const deposit = {
        channelId: channelIdOf(config, domain),
        payer,
        collector,
        amountAtomic,
        validBefore,
        depositId: salt,
      }
      const { name, version, token } = asset
      return engine.sign(
        depositDigest(deposit, { name, version, chainId: domain.chainId, verifyingContract: token }),
        secretKey,
      )
    },
  }
}

/** Ids of terms that a payer holds on to; they never change, and each takes two hashes. */
function channelIds(): typeof channelIdOf {
  const known = new WeakMap<ChannelConfig, { readonly domain: EscrowDomain; readonly channelId: Hex }>()
  return (config, domain) => {
    const last = known.get(config)
    if (last?.domain === domain) return last.channelId
    const channelId = channelIdOf(config, domain)
    known.set(config, { domain, channelId })
    return channelId
  }
}
