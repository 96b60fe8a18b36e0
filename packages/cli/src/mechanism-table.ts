import type { MechanismPart } from '@koinon/subnets/dev'
import { ppmPercent } from './format/percent.ts'
import { table } from './table.ts'

export type PartsOfSeat = { readonly uid: number; readonly parts?: readonly MechanismPart[] }

/** What each mechanism gave each seat, in per cent of all there is; empty where a subnet has only one. */
export function mechanismTable(seats: readonly PartsOfSeat[]): string {
  const [first] = seats.flatMap(({ parts }) => (parts === undefined ? [] : [parts]))
  if (first === undefined) return ''
  const rows = seats.map(({ uid, parts }) => [
    String(uid),
    ...(parts ?? []).map(({ scorePpm, partPpm }) => `${ppmPercent(partPpm, 2)} for ${scorePpm}`),
    ppmPercent(
      (parts ?? []).reduce((sum, { partPpm }) => sum + partPpm, 0),
      2,
    ),
  ])
  const names = first.map(({ mechanism }) => mechanism)
  return `\n\nWhat each mechanism gives, of all there is, for which score\n${table(['uid', ...names, 'together'], rows)}`
}
