import type { Check, CheckState } from '@koinon/work'

/** How many checks ended how. */
export type CheckTally = { readonly passed: number; readonly failed: number; readonly notChecked: number }

/** Counts the states of a list of checks. */
export function tally(checks: readonly Check[]): CheckTally {
  const having = (state: CheckState): number => checks.filter((check) => check.state === state).length
  return { passed: having('pass'), failed: having('fail'), notChecked: having('notChecked') }
}

/** `12 passed, 1 failed, 2 not checked` : the whole verdict in one line, nothing left out. */
export function tallySentence({ passed, failed, notChecked }: CheckTally): string {
  return `${passed} passed, ${failed} failed, ${notChecked} not checked`
}

const questions: Readonly<Record<string, string>> = {
  shape: 'Is this a receipt at all?',
  id: "Is it this answer's receipt?",
  version: 'Is its format known?',
  chain: 'Is it for this network?',
  signature: 'Did the session key sign it?',
  delegation: 'Did the paid account allow that key?',
  request: 'Was this request answered?',
  response: 'Was this answer given?',
  work: 'Does the stated work match the signed hash?',
  amount: 'Does the price follow from the tokens?',
  times: 'Are the times in order?',
  owed: 'Is the bill at least this answer?',
  upstream: 'Was it passed on unchanged?',
  payee: 'Is the paid account registered?',
  channel: 'Does the payment channel exist?',
  tokens: 'Does a replay give the same tokens?',
  finish: 'Did it end for the stated reason?',
  text: 'Do the tokens spell this text?',
  counts: 'Are the token counts right?',
  committed: 'Was it in the committed work?',
  evidence: 'Is this the evidence that was signed for?',
  sampler: 'Which rule chose the words?',
  class: 'Can this machine replay it bit by bit?',
  prompt: 'Does the request give these prompt tokens?',
  stopping: 'Did it stop where it had to?',
  receipt: "Is it this miner's committed receipt?",
  clock: "Does the miner's clock agree?",
  ownBytes: 'Are these the bytes that the validator exchanged?',
  list: "Is the miner's list the one it committed to?",
  repeated: 'Is each request listed once?',
  epoch: 'Did it end inside the epoch?',
  links: 'Is no receipt of the session missing?',
  amounts: 'Does no bill of the channel have a gap?',
  channels: 'Did the payers have that money in channels?',
}

/** The plain question behind a check's stable name. The name itself for checks that this page does not know. */
export function checkQuestion(name: string): string {
  return questions[name.replace(/^hop\d+\./, '')] ?? name
}

const paperNames: ReadonlySet<string> = new Set(
  'shape id version chain signature delegation request response work amount times owed upstream payee channel'.split(
    ' ',
  ),
)

/** True for checks of level L0, which need the signed paper only; a replay repeats them. */
export function isPaperCheck(name: string): boolean {
  return paperNames.has(name.replace(/^hop\d+\./, ''))
}

/** 1 for the caller's own hop, 2 for `hop2.`, and so on. */
export function checkHop(name: string): number {
  const match = /^hop(\d+)\./.exec(name)
  return match === null ? 1 : Number(match[1])
}

/** Words for the three states; `not checked` is never a pass. */
export const stateWords: Readonly<Record<CheckState, string>> = {
  pass: 'Passed',
  fail: 'Failed',
  notChecked: 'Not checked',
}
