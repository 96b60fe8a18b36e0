/** The seam between a seller and whoever sends its transactions: this process (`LedgerSettler`) or a facilitator over HTTP. */
import type { Hex } from '@koinon/base'
import type { ChannelFacts } from '../core/channel-state.ts'
import type { ChannelConfig } from '../rules/channel.ts'
import type { SignedDeposit, TransferAuthorization, UpToAuthorization } from '../rules/terms.ts'

/** Why a commitment cannot be settled; each has a word on every wire. */
export type SettlementRefusal =
  | 'expired'
  | 'not-yet-valid'
  | 'bad-signature'
  | 'insufficient-funds'
  | 'nonce-used'
  | 'reverted'
  | 'wrong-chain'
  | 'unsupported'
  /** The payer's wallet would have to be created first, and the payment is not worth that. */
  | 'wallet-missing'
  /** Permit2 may not move what the payment could come to. */
  | 'allowance-missing'
  /** The payer named another account that may say what it comes to. */
  | 'not-facilitator'

/** `unknown` is neither success nor failure: ask again with the same authorization, which moves the money at most once. */
export type SettlementOutcome =
  | { readonly state: 'settled'; readonly transaction: Hex }
  | { readonly state: 'refused'; readonly reason: SettlementRefusal; readonly detail: string }
  | { readonly state: 'unknown'; readonly detail: string }

/** A look without a transaction. */
export type SettlementCheck =
  | { readonly state: 'payable' }
  | { readonly state: 'refused'; readonly reason: SettlementRefusal; readonly detail: string }

/** What moves money from a payer to a payee; of `upTo` it moves `valueAtomic`. */
export type PaymentAuthorization = TransferAuthorization | UpToAuthorization

export type Settler = {
  /** Would it settle now? Throws `payments/ledger-unreachable` (retry later) when nobody can say. */
  check(authorization: PaymentAuthorization): Promise<SettlementCheck>
  /** Moves the money, at most once however often it is called; resolves within `timeoutMs`. Never throws. */
  settle(authorization: PaymentAuthorization, timeoutMs: number): Promise<SettlementOutcome>
  /** Deposits into a channel, at most once a (channel, salt); the channel's facts afterwards when it is `settled`. Never throws. */
  deposit(
    config: ChannelConfig,
    deposit: SignedDeposit,
    timeoutMs: number,
  ): Promise<SettlementOutcome & { readonly facts?: ChannelFacts }>
  /** What became of an authorization whose outcome was unknown: asked of the ledger. */
  findOut(authorization: PaymentAuthorization): Promise<SettlementOutcome>
}
