/** What one call costs and how it may be paid (specs/0022-machine-payments.md sections 1 and 2). Amounts in atomic units of the asset. */
import type { Address, Hex } from '@koinon/base'
import type { ChannelConfig } from './channel.ts'
import type { SignedVoucher } from './voucher.ts'

/** How value moves; `upTo` is Permit2 with a ceiling, `exact` EIP-3009. */
export type BackEnd = 'channel' | 'exact' | 'upTo'

/** An ERC-20 with EIP-3009; `name` and `version` are those of its EIP-712 domain. */
export type Asset = {
  readonly token: Address
  readonly name: string
  readonly version: string
  readonly decimals: number
}

/** What is bought, as a payer may show it to its owner. */
export type Resource = {
  /** Absolute URL without credentials or fragment; `mcp://tool/NAME` for a tool. */
  readonly url: string
  readonly method: string
  readonly description?: string
  readonly mimeType?: string
}

export type PaymentTerms = {
  readonly resource: Resource
  readonly chainId: number
  readonly asset: Asset
  readonly payTo: Address
  /** The most that the call costs; any charge up to it is within the terms. */
  readonly maximumAtomic: bigint
  /** In the seller's order of preference. */
  readonly backEnds: readonly BackEnd[]
  /** How long the call may take from the commitment to its charge. */
  readonly timeoutSeconds: number
  /** Of an event stream that a channel may pay in steps: the most of one step (section 7.4). Who takes no steps holds the maximum. */
  readonly stepAtomic?: bigint
}

/** The terms as they are for sellers that take no steps. */
export function withoutSteps({ stepAtomic: _stepAtomic, ...terms }: PaymentTerms): PaymentTerms {
  return terms
}

/** The terms of one step of a stream. */
export function stepTerms({ stepAtomic, ...terms }: PaymentTerms): PaymentTerms {
  return { ...terms, maximumAtomic: stepAtomic ?? terms.maximumAtomic, backEnds: ['channel'] }
}

/** EIP-3009 `TransferWithAuthorization` with its signature (65 bytes of an account, or any of a contract's). Times in Unix seconds. */
export type TransferAuthorization = {
  readonly token: Address
  readonly from: Address
  readonly to: Address
  readonly valueAtomic: bigint
  readonly validAfter: bigint
  readonly validBefore: bigint
  /** 32 bytes, used once per token and payer. */
  readonly nonce: Hex
  readonly signature: Hex
}

/** Permit2 witness transfer: `facilitator`, and nobody else, may move up to `maximumAtomic` to `to`, once. Times in Unix seconds. */
export type UpToAuthorization = {
  readonly token: Address
  readonly from: Address
  readonly to: Address
  readonly facilitator: Address
  readonly maximumAtomic: bigint
  /** What it comes to; the maximum as long as nobody knows. Not signed. */
  readonly valueAtomic: bigint
  readonly validAfter: bigint
  /** The permit's deadline: the last second in which it holds. */
  readonly validBefore: bigint
  /** 32 bytes, used once per payer whatever the token. */
  readonly nonce: Hex
  readonly signature: Hex
  /** Where the payer's allowance for Permit2 does not cover the maximum. */
  readonly allowance?: AllowancePermit
}

/** EIP-2612 permit that lets Permit2 move exactly the maximum of a payment. */
export type AllowancePermit = { readonly nonce: bigint; readonly deadline: bigint; readonly signature: Hex }

/** EIP-3009 deposit into a channel, signed by its payer for the escrow's collector. */
export type SignedDeposit = {
  readonly amountAtomic: bigint
  readonly validAfter: bigint
  readonly validBefore: bigint
  /** 32 bytes; with the channel id it makes the authorization's nonce. */
  readonly salt: Hex
  readonly signature: Hex
}

/** What a payer hands over for a call. */
export type Commitment =
  | {
      readonly backEnd: 'channel'
      readonly config: ChannelConfig
      readonly voucher: SignedVoucher
      readonly deposit?: SignedDeposit
    }
  | { readonly backEnd: 'exact'; readonly authorization: TransferAuthorization }
  | { readonly backEnd: 'upTo'; readonly authorization: UpToAuthorization }

export type ChannelCommitment = Extract<Commitment, { readonly backEnd: 'channel' }>

/** Money that moves at once: the whole price, or what it came to. */
export type ExactCommitment = Extract<Commitment, { readonly backEnd: 'exact' | 'upTo' }>

/** What became of a commitment, for the wire's receipt. */
export type Charge = {
  readonly payer: Address
  readonly chargedAtomic: bigint
  /** Of `exact` and `upTo`: the transaction that moved the money. */
  readonly transaction?: Hex
  /** Of `channel`: its state after the charge. */
  readonly channel?: ChannelCharge
}

export type ChannelCharge = {
  readonly channelId: Hex
  readonly depositAtomic: bigint
  readonly claimedAtomic: bigint
  readonly owedAtomic: bigint
  /** Unix seconds at which the payer asked for its money back; 0 when it did not. */
  readonly withdrawRequestedAtSeconds: number
}
