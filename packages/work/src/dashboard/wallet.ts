/** What the owner of a home sees: `GET /api/session`, `/api/receipts` and `/api/wallet`. */
import type { AuditJson } from './epochs.ts'
import type { CommandStyle } from './typed-command.ts'

/** `GET /api/session`: the owner's session, or that nobody is signed in. */
export type SessionJson =
  | PageSessionJson
  /** How commands are typed on this machine, where the page is that machine's own. */
  | { readonly isSignedIn: false; readonly program?: CommandStyle['program'] }

/** What the page of a signed-in owner knows of the home. No signing session and no node session. */
export type PageSessionJson = {
  readonly isSignedIn: true
  readonly command: CommandStyle
  readonly apiKey: string
  readonly localToken: string
  readonly account: string
  readonly chainId: number
  readonly home: string
}

/** One answer that was asked for and paid. */
export type ReceiptSummaryJson = {
  readonly id: string
  readonly atMs: number
  readonly model: string
  readonly provider: string
  readonly promptTokens: number
  readonly outputTokens: number
  readonly amountPicoUsd: string
  readonly firstByteMs: number
  readonly totalMs: number
  readonly state: string
  readonly checkedBy: readonly AuditJson[]
}

/** Newest first. */
export type ReceiptsJson = { readonly asOfBlock: number; readonly receipts: readonly ReceiptSummaryJson[] }

/** An API key and its channel. */
export type KeyJson = {
  readonly keyHash: string
  readonly label: string
  readonly createdAtMs: number
  readonly revokedAtMs?: number
  readonly channelId: string
  readonly depositAtomic: string
  readonly owedPicoUsd: string
  readonly spentTodayPicoUsd: string
}

/** A transfer as its owner sees it. */
export type PaymentJson = {
  readonly id: string
  readonly kind: string
  readonly amountAtomic: string
  readonly asset: string
  readonly transactionHash: string
  readonly atMs: number
}

/** The owner's balances, keys and payments. */
export type WalletJson = {
  readonly asOfBlock: number
  readonly account: string
  readonly nativeAtomic: string
  readonly koinAtomic: string
  readonly dollarAtomic: string
  readonly keys: readonly KeyJson[]
  readonly payments: readonly PaymentJson[]
}

/** A key that was just made, the only time that it is shown. */
export type CreatedKeyJson = { readonly apiKey: string; readonly keyHash: string }
