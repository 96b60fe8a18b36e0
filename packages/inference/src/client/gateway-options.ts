import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Address, Clock, Hex, Random } from '@koinon/base'
import type { HttpLimits } from '@koinon/base/node'
import type { ChannelBook, ChannelState, ReceiptLedger, SigningSession } from '@koinon/payments/core'
import type { SignedVoucher } from '@koinon/payments/rules'
import type { AllowanceLimits } from './allowances.ts'
import type { KeyRegistry } from './key-registry.ts'
import type { PaidCalls } from './paid-calls.ts'
import type { DemotionReason } from './provider-link.ts'
import type { ProviderTable } from './provider-table.ts'

/** The money side, built by the composition root from the payments package. */
export type GatewayPayments = {
  readonly ledger: ReceiptLedger
  readonly book: ChannelBook
  /** The voucher a provider lacks (`VoucherCourier.voucherFor`), and word that it has it (`VoucherCourier.confirm`). */
  voucherFor(channelId: Hex): SignedVoucher | undefined
  confirmVoucher(voucher: SignedVoucher): Promise<void>
  /** Looks at the ledger again after a user's channel ran empty (`ChannelAdmission.refresh`). */
  refreshChannel(channelId: Hex): Promise<ChannelState>
  /**
   * Our channel to a provider, with room for so much where it may have that; `coming` while it is being opened, topped up or told to the
   * provider (begun by this call, if need be). Undefined when there is none and none can be opened now.
   */
  channelTo(provider: Hex, neededPicoUsd: bigint): ChannelState | 'coming' | undefined
}

/** What happened, for metrics and logs; nothing in it is secret. */
export type GatewayEvent =
  | {
      readonly kind: 'answer'
      readonly requestId: Hex
      readonly provider: Hex
      readonly model: string
      readonly outcome: 'final' | 'aborted' | 'broken'
      readonly promptTokens: number
      readonly outputTokens: number
      readonly attempts: number
      readonly firstByteMs: number
      readonly totalMs: number
    }
  | {
      readonly kind: 'attemptFailed'
      readonly requestId: Hex
      readonly provider: Hex
      readonly reason: DemotionReason | undefined
      readonly code: string
      readonly message: string
    }
  | { readonly kind: 'refused'; readonly path: string; readonly code: string }
  | {
      /** A provider showed receipts that were missing on our books, `recovered` of them were taken on. */
      readonly kind: 'reconciled'
      readonly provider: Hex
      readonly recovered: number
      readonly recoveredPicoUsd: bigint
      /** Receipts that were not taken on, and why the first of them was not. */
      readonly disputed: number
      readonly objection: string | undefined
    }

export type GatewayLimits = AllowanceLimits & {
  readonly http: HttpLimits
  /** Answers that may wait while every provider is full, and how long one waits. */
  readonly waitingAnswers: number
  readonly waitTimeoutMs: number
  /** Providers asked for one answer. */
  readonly attempts: number
  /** Time to the first byte of an event stream, silence within one, and the time of a whole answer. */
  readonly firstByteTimeoutMs: number
  readonly silenceTimeoutMs: number
  readonly answerTimeoutMs: number
  /** How long a payment for one answer must hold: more than its place in a line and all attempts take. */
  readonly paymentTimeoutMs: number
  readonly responseBytes: number
  /** Bytes of an answer that may wait for a slow client. */
  readonly unsentBytes: number
  /** How long a cancelled answer may take to end with its receipt. */
  readonly cancelTimeoutMs: number
  /** Most that a provider may recover in a day for answers we never billed, pico-dollars. */
  readonly recoveredPicoUsdPerDay: bigint
}

export type GatewayServerOptions = {
  readonly host: string
  readonly port: number
  readonly chainId: number
  /** The account that providers are paid from and that users' channels pay to. */
  readonly account: Address
  /** 32 secret bytes that survive restarts: request ids carry a mark made with them (`RequestIds`). */
  readonly requestIdKey: Uint8Array
  /** Added to providers' prices, in basis points. */
  readonly marginBps: number
  /** Names under which browsers may reach the gateway, besides loopback ones: `gateway.example:443`. */
  readonly hosts: readonly string[]
  /** Origins whose pages may call the OpenAI paths; empty for none but the gateway's own. */
  readonly allowedOrigins: readonly string[]
  readonly limits: GatewayLimits
}

export type GatewayModules = {
  readonly payments: GatewayPayments
  readonly keys: KeyRegistry
  readonly providers: ProviderTable
  /** The session that signs requests to providers. */
  readonly session: () => SigningSession
  readonly clock: Clock
  readonly random: Random
  /** A number in [0, 1) for jitter. */
  readonly unit: () => number
  readonly onEvent?: (event: GatewayEvent) => void
  /** Sells answers by the call to whoever has no key; without it they hear 401. */
  readonly paidCalls?: PaidCalls
  /** Serves further paths of the same port (dashboard, metrics, files); true when it did. */
  readonly additionalRoutes?: (request: IncomingMessage, response: ServerResponse) => Promise<boolean>
}

/** Limits that suit a small public gateway. */
export const defaultGatewayLimits: Omit<GatewayLimits, 'http'> = {
  requestsPerMinute: 600,
  requestsPerMinutePerPayer: 1_200,
  inFlightPerKey: 64,
  inFlightPerPayer: 128,
  keyCallsPerMinute: 60,
  doorCallsPerMinute: 6_000,
  waitingAnswers: 512,
  waitTimeoutMs: 15_000,
  attempts: 3,
  firstByteTimeoutMs: 60_000,
  silenceTimeoutMs: 60_000,
  answerTimeoutMs: 100_000,
  paymentTimeoutMs: 300_000,
  responseBytes: 16 << 20,
  unsentBytes: 4 << 20,
  cancelTimeoutMs: 5_000,
  recoveredPicoUsdPerDay: 50_000_000_000n,
}
