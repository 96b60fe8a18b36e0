import { humanise } from '../format/text.ts'

/** Phases as `/api/network` names them: of the last epoch, which is judged while this one runs; `open` before there is one. */
const sentences: Readonly<Record<string, string>> = {
  open: 'miners answer; nothing is counted yet.',
  workCommit: 'miners commit to the receipts of the last epoch.',
  weightCommit:
    'a random number decides which receipts are audited; validators audit and commit to their weights, sealed.',
  weightReveal: 'validators open their weights.',
  root: 'validators sign the result that payouts are claimed against.',
}

/** The phase's name for people. */
export function phaseName(phase: string): string {
  return humanise(phase)
}

/** What happens in a phase of specs/0007-epochs.md section 1; phases this page does not know get a plain word. */
export function phaseSentence(phase: string): string {
  return sentences[phase] ?? 'see specs/0007-epochs.md.'
}

/** What an epoch's state means for those who wait for pay. */
export const epochStateSentences = {
  open: 'under way',
  pending: 'signed, waits for its delay',
  active: 'signed and paid',
  disabled: 'shown to be wrong, or objected to by more than a third of the stake: nobody is paid from it',
  noResult: 'no result: no miner earned, or no two thirds of the stake signed; nobody was paid, the emission accrues',
} as const
