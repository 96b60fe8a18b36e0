import type { MechanismPart } from '@koinon/subnets/dev'
import { table } from './table.ts'

export type PartsOfSeat = { readonly uid: number; readonly parts?: readonly MechanismPart[] }

/** What each mechanism gave each seat, in per cent of all there is; empty where a subnet has only one. */
export function mechanismTable(seats: readonly PartsOfSeat[]): string {
  const [first] = seats.flatMap(({ parts }) => (parts === undefined ? [] : [parts]))
  if (first === undefined) return ''
  const rows = seats.map(({ uid, parts }) => [
    String(uid),
    ...(parts ?? []).map(({ scorePpm, partPpm }) => `${percent(partPpm)} for ${scorePpm}`),
    percent((parts ?? []).reduce((sum, { partPpm }) => sum + partPpm, 0)),
  ])
  const names = first.map(({ mechanism }) => mechanism)
  return `\n\nWhat each mechanism gives, of all there is, for which score\n${table(['uid', ...names, 'together'], rows)}`
}

function percent(ppm: number): string {
  return `${(ppm / 10_000).toFixed(2)} %`
}
