import { humanise } from '../format/text.ts'

const sentences: Readonly<Record<string, string>> = {
  future: 'the first epoch has not begun.',
  open: 'miners answer; nothing is counted yet.',
  work: 'miners answer; nothing is counted yet.',
  workcommit: 'miners commit to the receipts of the last epoch.',
  commit: 'miners commit to the receipts of the last epoch.',
  beacon: 'a random number is drawn that decides which receipts are audited.',
  weightcommit: 'validators audit receipts and commit to their weights, sealed.',
  weightreveal: 'validators open their weights.',
  reveal: 'validators open their weights.',
  root: 'validators sign the result that payouts are claimed against.',
  settled: 'the result stands.',
}

/** The phase's name for people. */
export function phaseName(phase: string): string {
  return humanise(phase)
}

/** What happens in a phase of specs/0007-epochs.md section 1; phases this page does not know get a plain word. */
export function phaseSentence(phase: string): string {
  return sentences[phase.toLowerCase().replaceAll(/[^a-z]/g, '')] ?? 'see specs/0007-epochs.md.'
}

/** What an epoch's state means for those who wait for pay. */
export const epochStateSentences = {
  open: 'under way',
  pending: 'signed, waits for its delay',
  active: 'signed and paid',
  disabled: 'objected to by more than a third of the stake: nobody is paid from it',
  noQuorum: 'no two thirds of the stake signed: nobody was paid, the emission accrues',
} as const
