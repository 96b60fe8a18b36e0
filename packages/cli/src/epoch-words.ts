import type { EpochDetailJson, EpochJson } from '@koinon/work/dashboard'

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

/** One validator's revealed row: what it gave each seat of all that it gave. */
export function rowSentence({ validatorUid, openedBy, row }: EpochDetailJson['weights'][number]): string {
  const sum = row.reduce((total, [, weight]) => total + weight, 0)
  const shares = row
    .filter(([, weight]) => weight > 0)
    .map(([uid, weight]) => `${uid}=${((100 * weight) / sum).toFixed(1)} %`)
  const opened = openedBy === undefined ? '' : ` (fell silent; opened for it by ${openedBy.slice(0, 12)})`
  return `  validator ${validatorUid}${opened}: ${shares.length === 0 ? 'gave nobody weight' : shares.join('  ')}`
}

/** Why an epoch has no result, as far as the ledger tells. */
export function noResultSentence({
  netuid,
  epoch,
  weights,
}: Pick<EpochDetailJson, 'netuid' | 'epoch' | 'weights'>): string {
  const logs = `koinon subnet replay VALIDATOR_URL --epoch ${epoch} --netuid ${netuid}`
  if (weights.length === 0)
    return 'No validator opened weights for it, and those of epochs before, halved with each epoch, brought no result.'
  const empty = weights.filter(({ row }) => row.every(([, weight]) => weight === 0)).length
  if (empty === weights.length)
    return `Every validator whose weights are open gave nobody weight, so no miner earned. Why they did is in their logs: ${logs}`
  return `${weights.length} validators opened weights${empty === 0 ? '' : `, ${empty} of them gave nobody weight`}. That no result came of them means that the stake behind them was too little, or that no two thirds of the stake signed; validators' logs tell: ${logs}`
}

/** Of an epoch that is still judged; what has its result goes through no phase. */
export function phaseOf({ state, phase }: Pick<EpochJson, 'state' | 'phase'>): string {
  return state === 'open' || state === 'pending' ? phase : ''
}

/** Nothing when the list reaches back to the first epoch. */
export function olderSentence(netuid: number, epochs: readonly Pick<EpochJson, 'epoch'>[]): string {
  const oldest = epochs.at(-1)?.epoch ?? 0
  return oldest === 0
    ? ''
    : `${oldest} older ${oldest === 1 ? 'epoch is' : 'epochs are'} left out: koinon epoch show --limit 100, or one of them: koinon epoch show EPOCH, each with --netuid ${netuid}`
}
