/** What a reader knows when it computes reputation (specs/0023 section 5): settled money, ratings, and whom it starts from. */
import type { Address } from '@koinon/base'

/** Dollars that were settled on the ledger from one account to another: claimed vouchers, EIP-3009 transfers, paid jobs. */
export type SettledPayment = { readonly payer: Address; readonly payee: Address; readonly amountAtomic: bigint }

/** Any other dollars that went from one account to another; they only ever take away from what counts. */
export type Funding = { readonly from: Address; readonly to: Address; readonly amountAtomic: bigint }

/** An agent as the registry has it. `wallet` is paid, `owner` holds the token. */
export type RatedAgent = { readonly agentId: string; readonly wallet: Address; readonly owner: Address }

/** What one reviewer says of one agent, 0 (worst) to 1,000,000. Of several of one reviewer about one agent the last counts. */
export type Rating = { readonly reviewer: Address; readonly agentId: string; readonly valueMicro: number }

/** Whose purchases are believed to begin with: the reader itself, or validators by their stake. Only ratios matter. */
export type TrustSeed = { readonly account: Address; readonly weight: bigint }

export type TrustInput = {
  readonly agents: readonly RatedAgent[]
  readonly payments: readonly SettledPayment[]
  readonly fundings: readonly Funding[]
  readonly ratings: readonly Rating[]
  readonly seeds: readonly TrustSeed[]
}

export type TrustParameters = {
  /** Steps from payers over sellers to other payers, 1 to 8. */
  readonly rounds: number
  /** What a reviewer must have paid a seller, atomic units, before that counts at all. */
  readonly minimumPaidAtomic: bigint
  /** Weight of the neutral opinion that stands in every score, millionths of all influence. */
  readonly priorMicro: number
}

/** Three steps, one cent, a hundredth of all influence. */
export const defaultTrustParameters: TrustParameters = {
  rounds: 3,
  minimumPaidAtomic: 10_000n,
  priorMicro: 10_000,
}

/** All influence there is; shares of it are integers. */
export const wholeInfluence: bigint = 10n ** 18n

/** Largest rating. */
export const wholeMicro = 1_000_000

/** What an agent has of whom nothing that counts is known. */
export const neutralMicro = 500_000
