/** Jobs in words, the same on page and command line. */
import type { JobDetailJson, JobRowJson, JobStepName } from './jobs.ts'

/** How far a job is and what is wanted of whom. */
export function jobStateWords({ state, isOverdue }: Pick<JobRowJson, 'state' | 'isOverdue'>): string {
  if (isOverdue) return `${state}, and its time is over: the escrow can go back`
  if (state === 'open') return 'open, not paid for'
  if (state === 'funded') return 'funded: the money is in escrow, the work is to be done'
  if (state === 'submitted') return 'submitted: the evaluator is to judge'
  return state
}

/** Where the money of a job is. */
export function escrowWords({ state, isOverdue }: Pick<JobRowJson, 'state' | 'isOverdue'>): string {
  if (state === 'open') return 'Nothing is in escrow yet.'
  if (isOverdue) return 'The money is in escrow. Anybody can send it back to the client.'
  if (state === 'funded' || state === 'submitted') return 'The money is in escrow until the job ends.'
  return state === 'completed' ? 'The escrow was paid to the provider.' : 'What was in escrow went back to the client.'
}

/** Who judges, in words. */
export function evaluatorWords({ judgedBy }: Pick<JobDetailJson, 'judgedBy'>): string {
  if (judgedBy.kind === 'client') return 'the client itself, which can take the work and reject it'
  if (judgedBy.kind === 'quorum') return `the validators of subnet ${judgedBy.netuid}, more than two thirds by stake`
  return judgedBy.kind === 'contract' ? 'a contract' : 'one account, which decides alone'
}

/** What happened, as a sentence begins. */
export const jobStepWords: Readonly<Record<JobStepName, string>> = {
  opened: 'Opened by the client',
  providerNamed: 'Provider named',
  priceSet: 'Price set',
  quoteTaken: "Provider's quote taken",
  funded: 'Paid into escrow by the client',
  submitted: 'Handed in by the provider',
  verdict: 'Verdict of the validators',
  disputed: 'Disputed, with a bond',
  completed: 'Accepted by the evaluator',
  rejected: 'Rejected',
  expired: 'Ended without a judgement',
  paid: 'Escrow paid to the provider',
  refunded: 'Escrow sent back to the client',
  bondPaid: 'Bond paid out',
}
