/** What a validator saw of the miners in one epoch: the only input of scores, so that anybody can recompute them. */
import { type Address, type Hex, utf8ToBytes } from '@koinon/base'
import type { Check } from '@koinon/work'

/** One piece of work that was looked at. `facts` are integers that the subnet's score needs (tokens, milliseconds, 0 or 1). */
export type WorkEvidence = {
  /** `sample`: chosen by the beacon among what the miner committed. `probe`: the validator's own question. */
  readonly source: 'sample' | 'probe'
  readonly requestId: Hex
  readonly receiptHash: Hex
  readonly checks: readonly Check[]
  readonly facts: Readonly<Record<string, number>>
}

/** Everything about one seat. A seat without commitment and probes has nothing but its names. */
export type MinerEvidence = {
  readonly uid: number
  readonly hotkey: Address
  /** Pieces of work committed on the ledger; undefined when there is no commitment. */
  readonly committedCount: number | undefined
  /** Checks of the commitment itself: `list` (list fits root and count). */
  readonly checks: readonly Check[]
  readonly work: readonly WorkEvidence[]
  readonly probesAsked: number
  readonly probesAnswered: number
  /** Integers about the miner as a whole; only of subnet files that aggregate by a function of their own. */
  readonly facts?: Readonly<Record<string, number>>
}

/** One mechanism's part of a miner's score: all parts of all miners in it sum to its share, or to nothing when nobody has a score. */
export type MechanismPart = { readonly mechanism: string; readonly scorePpm: number; readonly partPpm: number }

/** `scorePpm` in millionths, 0 to 1,000,000. Reasons are whole sentences for the dashboard. `parts` sum to it, where a subnet has several mechanisms. */
export type MinerScore = {
  readonly scorePpm: number
  readonly reasons: readonly string[]
  readonly parts?: readonly MechanismPart[]
}

/** Largest score. */
export const maximumScorePpm = 1_000_000

/** Most bytes that a check's detail takes in a log: details quote what miners and files say. */
const longestDetailBytes = 480
const cutMark = '…'

/** A detail as it stands in a log: cut, with a mark, where it would take more than 480 bytes of JSON. */
export function boundedDetail(detail: string): string {
  const text = detail.slice(0, longestDetailBytes + 1)
  if (jsonBytes(text) <= longestDetailBytes) return text
  let left = longestDetailBytes - jsonBytes(cutMark)
  let kept = ''
  for (const character of text) {
    left -= jsonBytes(character)
    if (left < 0) break
    kept += character
  }
  return `${kept}${cutMark}`
}

/** Control characters and halves of pairs take six bytes. */
function jsonBytes(text: string): number {
  return utf8ToBytes(JSON.stringify(text)).length - 2
}

/** Names of failed checks of a miner, each once, in order of appearance. */
export function failedCheckNames(evidence: MinerEvidence): readonly string[] {
  const checks = [...evidence.checks, ...evidence.work.flatMap((work) => work.checks)]
  return [...new Set(checks.filter(({ state }) => state === 'fail').map(({ name }) => name))]
}
