/** What one check found. `notChecked` says that nobody looked, with the reason in `detail`; it is never a pass. */
export type CheckState = 'pass' | 'fail' | 'notChecked'

/** One named question put to a piece of evidence. */
export type Check = { readonly name: string; readonly state: CheckState; readonly detail: string }

/** A verdict is a list of checks, never one word. */
export type Verdict = { readonly checks: readonly Check[] }

/** How far the evidence of a receipt reaches: signed, one-prefill sampling check, bit-exact replay, TEE quote, zero-knowledge proof. */
export type Rung = 'L0' | 'L1' | 'L2' | 'L3' | 'L4'

export const rungs: readonly Rung[] = ['L0', 'L1', 'L2', 'L3', 'L4']

export function pass(name: string, detail: string): Check {
  return { name, state: 'pass', detail }
}

export function fail(name: string, detail: string): Check {
  return { name, state: 'fail', detail }
}

export function notChecked(name: string, detail: string): Check {
  return { name, state: 'notChecked', detail }
}

/** A check from a condition: its detail says what was compared in both cases. */
export function checkThat(name: string, holds: boolean, detail: string): Check {
  return { name, state: holds ? 'pass' : 'fail', detail }
}

/** The failed checks, in order. */
export function failures(verdict: Verdict): readonly Check[] {
  return verdict.checks.filter((check) => check.state === 'fail')
}
