/** States and phases of epochs (specs/0007-epochs.md) in words, as the page has them. */

const states: Readonly<Record<string, string>> = {
  open: 'under way',
  pending: 'signed, waits for its delay',
  active: 'signed and paid',
  disabled: 'shown to be wrong, or objected to by more than a third of the stake: nobody is paid from it',
  noResult: 'no result: no miner earned, or no two thirds of the stake signed; nobody was paid, the emission accrues',
}

const phases: Readonly<Record<string, string>> = {
  open: 'miners answer; nothing is counted yet',
  workCommit: 'miners commit to the receipts of the last epoch',
  weightCommit: 'a beacon decides which receipts are audited; validators audit and commit to their weights, sealed',
  weightReveal: 'validators open their weights',
  root: 'validators sign the result that payouts are claimed against',
}

/** What the state of an epoch means for those who wait for pay; a state that is unknown here stays a word. */
export function stateSentence(state: string): string {
  return (Object.hasOwn(states, state) ? states[state] : undefined) ?? 'see specs/0007-epochs.md'
}

/** What happens in a phase. */
export function phaseSentence(phase: string): string {
  return (Object.hasOwn(phases, phase) ? phases[phase] : undefined) ?? 'see specs/0007-epochs.md'
}
