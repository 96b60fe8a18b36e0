import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Address, Clock, Hex, Random } from '@koinon/base'
import type { DurableStore, HttpLimits } from '@koinon/base/node'
import type { ChannelBook, ChannelState, ReceiptLedger, SigningSession } from '@koinon/payments/core'
import type { ChannelConfig, SignedVoucher } from '@koinon/payments/rules'
import type { RequestGate } from '@koinon/work/node'
import type { TokenPrices } from '../rules/work.ts'
import type { EnginePort } from './engine-port.ts'

/** One model a provider serves, with its prices and the temperature it takes when the client names none (millionths). */
export type ServedModel = TokenPrices & {
  readonly engine: EnginePort
  readonly defaultTemperatureMicro: number
  /** Answers whose first tokens fall below this probability carry `koinon: {unsure: true}`; the text is never changed. */
  readonly unsureBelow?: number
  /** What the provider says of its own speed in its offer, whole tokens a second; nobody checks it. */
  readonly claims?: { readonly promptTokensPerSecond: number; readonly outputTokensPerSecond: number }
}

/** The money side, built by the composition root from the payments package. */
export type ProviderPayments = {
  readonly ledger: ReceiptLedger
  readonly book: ChannelBook
  /** Checks and keeps a voucher of an inbound channel. Throws `payments/*`. */
  acceptVoucher(voucher: SignedVoucher): Promise<unknown>
  /** Looks a channel up on the ledger and admits it. Throws `payments/*`. */
  registerChannel(config: ChannelConfig): Promise<ChannelState>
}

/** What happened, for metrics and logs; nothing in it is secret. */
export type ProviderEvent =
  | {
      readonly kind: 'answer'
      readonly model: string
      readonly outcome: 'final' | 'cancelled' | 'broken' | 'failed'
      readonly promptTokens: number
      readonly outputTokens: number
      readonly firstByteMs: number
      readonly totalMs: number
    }
  | { readonly kind: 'refused'; readonly path: string; readonly code: string }

export type ProviderLimits = {
  readonly http: HttpLimits
  /** Answers worked on at once, and how many may wait for a place. */
  readonly capacity: number
  readonly queue: number
  /** Longest time of one answer, its place in the line included; more than gateways wait, who cancel then and pay what came. */
  readonly answerTimeoutMs: number
  /** Output tokens an hour that a payer may receive and not pay for because it hung up. */
  readonly unpaidTokensPerHour: number
  /** How long evidence is kept. */
  readonly evidenceRetentionMs: number
  /** Longest answer that is made and kept. */
  readonly answerBytes: number
  /** Bytes of an answer that may wait for a slow reader. */
  readonly unsentBytes: number
}

export type ProviderServerOptions = {
  readonly host: string
  readonly port: number
  readonly chainId: number
  /** The account that is paid and that requests must name as recipient. */
  readonly account: Address
  /** The session that signs offers. */
  readonly session: () => SigningSession
  readonly token: Address
  readonly minimumWithdrawDelaySeconds: number
  readonly creditLimitAtomic: bigint
  readonly models: readonly [ServedModel, ...ServedModel[]]
  readonly limits: ProviderLimits
}

export type ProviderModules = {
  readonly payments: ProviderPayments
  /** Finds out who asks (`createProviderGate`); other handlers of the same port share it. */
  readonly gate: RequestGate
  /** The store the receipt ledger writes to, so that evidence and receipt share a transaction. */
  readonly store: DurableStore
  readonly clock: Clock
  readonly random: Random
  /** True for accounts that may read any evidence. */
  readonly isValidator: (account: Hex) => boolean
  readonly onEvent?: (event: ProviderEvent) => void
  /** Serves further paths; true when it did. */
  readonly additionalRoutes?: (request: IncomingMessage, response: ServerResponse) => Promise<boolean>
}
