/** Agents in words, the same on page and command line. */
import type { AgentState } from './agents.ts'

/** Where an agent is, in a word or two. */
export const agentStateWords: Readonly<Record<AgentState, string>> = {
  online: 'online',
  expired: 'expired',
  answers: 'answers',
  silent: 'silent',
  unknown: 'not looked at',
}

const reasons: Readonly<Record<string, string>> = {
  badValue: 'not a rating',
  ownAgent: 'about its own agent',
  noPayment: 'no payment to the agent is settled on the ledger yet',
  returned: 'the money came back to the reviewer',
  belowMinimum: 'paid less than a cent',
  noInfluence: 'nobody who is trusted sold anything to it',
}

/** Why a rating does not count (specs/0023 section 5.3). */
export function leftOutWords(reason: string): string {
  return reasons[reason] ?? reason
}
