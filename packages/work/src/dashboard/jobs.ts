/** Jobs in escrow (specs/0024-jobs.md) as the page *Jobs* and `koinon job list` and `show` tell them. Amounts are decimal base units. */

import type { JobStatus } from '../job-status.ts'

export type JobRowJson = {
  readonly jobId: string
  /** What is to be done, in the client's words, cut after 200 characters. */
  readonly title: string
  readonly state: JobStatus
  /** Its time is over, and its money is still in escrow. */
  readonly isOverdue: boolean
  /** Zero while no price is set. */
  readonly budgetAtomic: string
  /** The token where it is not the network's dollar: then amounts are of that. */
  readonly token?: string
  readonly client: string
  readonly provider?: string
  readonly evaluator: string
  readonly endsAtMs: number
}

/** Jobs in the network's dollar; `otherTokens` counts all others. The escrow takes no fee, so that every unit is in one of the sums. */
export type JobTotalsJson = {
  readonly inEscrowAtomic: string
  readonly paidAtomic: string
  readonly refundedAtomic: string
  readonly byState: Readonly<Record<JobStatus, number>>
  readonly otherTokens: number
}

/** `GET /api/jobs`: `jobs` newest first. */
export type JobsJson = {
  readonly asOfBlock: number
  readonly asOfMs: number
  readonly total: number
  readonly totals: JobTotalsJson
  readonly jobs: readonly JobRowJson[]
}

/** Who judges: the client itself, another account, a contract, or the validators of a subnet. */
export type JobEvaluatorJson =
  | { readonly kind: 'client' | 'account' | 'contract' }
  | { readonly kind: 'quorum'; readonly netuid: number }

export type JobStepName =
  | 'opened'
  | 'providerNamed'
  | 'priceSet'
  | 'quoteTaken'
  | 'funded'
  | 'submitted'
  | 'verdict'
  | 'disputed'
  | 'completed'
  | 'rejected'
  | 'expired'
  | 'paid'
  | 'refunded'
  | 'bondPaid'

/** One thing that happened to a job. */
export type JobStepJson = {
  readonly name: JobStepName
  readonly atMs: number
  readonly transactionHash: string
  /** Who did it, or to whom money went. */
  readonly account?: string
  readonly amountAtomic?: string
  /** Of a verdict: what the validators said, in which round, and with how much stake of how much. */
  readonly verdict?: VerdictJson
}

export type VerdictJson = {
  readonly isAccepted: boolean
  readonly round: number
  readonly signedStakeAtomic: string
  readonly totalStakeAtomic: string
  /** Who signed, with the stake that counted; left out where the transaction does not say. */
  readonly votes?: readonly VoteJson[]
}

export type VoteJson = { readonly validator: string; readonly stakeAtomic: string }

/** What stands of a quorum's judgement; times are 0 where nothing of the kind happened. */
export type JudgementJson = {
  readonly isAccepted: boolean
  readonly isSettled: boolean
  readonly finalAtMs: number
  readonly disputedAtMs: number
  readonly disputer?: string
  /** Held now. */
  readonly bondAtomic: string
  /** What a dispute costs. */
  readonly disputeBondAtomic: string
}

/** `GET /api/jobs/{id}`. */
export type JobDetailJson = JobRowJson & {
  readonly asOfBlock: number
  readonly asOfMs: number
  /** There are more steps, or votes, than are told. */
  readonly isCut: boolean
  /** The whole of it. */
  readonly description: string
  readonly termsHash: string
  /** May stop every step but the refund. */
  readonly hook?: string
  readonly submittedAtMs?: number
  /** SHA-256 of what was handed in. */
  readonly deliverable?: string
  readonly judgedBy: JobEvaluatorJson
  readonly judgement?: JudgementJson
  /** Oldest first; some are missing, or votes of them, where `isCut`. */
  readonly steps: readonly JobStepJson[]
}

/** A job in its tree; amounts are what is in escrow for it now, what was paid and what went back. */
export type JobTreeNodeJson = JobRowJson & {
  /** The job that its client was hired for itself. */
  readonly parentJobId?: string
  /** Name of its client's tree, and its place there: as the client says. */
  readonly tree?: string
  readonly task?: string
  readonly heldAtomic: string
  readonly paidAtomic: string
  readonly refundedAtomic: string
  readonly judgedBy: JobEvaluatorJson
  readonly judgement?: JudgementJson
  readonly verdicts: readonly VerdictJson[]
}

/** `GET /api/jobs/{id}/tree`: the topmost job first, parents before their children. */
export type JobTreeJson = {
  readonly asOfBlock: number
  readonly asOfMs: number
  /** The job that was asked for. */
  readonly jobId: string
  /** There is more than is told. */
  readonly isCut: boolean
  readonly jobs: readonly JobTreeNodeJson[]
}

/** An auction by the rule that the job's terms name (specs/0024-jobs.md section 6). */
export type JobAuctionJson = {
  readonly kind: 'sealed' | 'reverse'
  readonly phase: 'bidding' | 'revealing' | 'over'
  readonly ceilingAtomic: string
  /** As the close stands now. */
  readonly bidsUntilMs: number
  readonly revealsUntilMs?: number
  readonly decrementAtomic?: string
  readonly lastCloseMs?: number
  /** Commitments that are in; whose they are nobody knows yet. */
  readonly sealedBids: number
}

export type JobBidJson = {
  readonly provider: string
  readonly priceAtomic: string
  readonly deadlineMs: number
  /** When the book got it, in auctions. */
  readonly atMs?: number
  /** From 1; none where the bid does not count. */
  readonly rank?: number
  readonly isTaken: boolean
}

/** `GET /api/jobs/{id}/bids`: what the gateway's book keeps, and the bid that the ledger says was taken. */
export type JobBidsJson = {
  readonly asOfMs: number
  readonly jobId: string
  readonly auction?: JobAuctionJson
  readonly bids: readonly JobBidJson[]
}
