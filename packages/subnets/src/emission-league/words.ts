/** The emission league's report in words and tables of text. */
import { formatUnits } from '@koinon/base'
import { grouped, share } from '../attack-league/report/format.ts'
import type { EmissionCell, EmissionLeagueReport } from './play.ts'

export type EmissionTable = {
  readonly title: string
  readonly headings: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** The dearest attack under a policy: the one with the most gain a day for each KOIN that it needs. */
export function worstOf(
  { attacks }: EmissionLeagueReport,
  policy: string,
): { readonly title: string; readonly cell: EmissionCell } | undefined {
  return attacks
    .flatMap(({ title, cells }) => cells.map((cell) => ({ title, cell })))
    .filter(({ cell }) => cell.policy === policy)
    .reduce<{ title: string; cell: EmissionCell } | undefined>(
      (worst, one) => (worst === undefined || one.cell.gainPpmPerDay > worst.cell.gainPpmPerDay ? one : worst),
      undefined,
    )
}

/** Which policy leaves least to attackers, in one sentence or two. */
export function emissionHeadline(report: EmissionLeagueReport): string {
  const worst = report.policies
    .flatMap(({ name }) => {
      const found = worstOf(report, name)
      return found === undefined ? [] : [{ name, ...found }]
    })
    .sort((a, b) => a.cell.gainPpmPerDay - b.cell.gainPpmPerDay)
  const [least, most] = [worst[0], worst.at(-1)]
  if (least === undefined || most === undefined) return 'Nothing was played.'
  const said = ({ name, title, cell }: typeof least): string =>
    `${name}, where the best attack (${title.toLowerCase()}) gains ${perDay(cell)} a day of what it needs`
  return `Least is to be had under ${said(least)}; most under ${said(most)}.`
}

/** Gains by attack and policy, what attackers took of the issue, and what became of it without any. */
export function emissionTables(report: EmissionLeagueReport): readonly EmissionTable[] {
  const { attacks, policies, honest, world } = report
  const headings = ['attack', ...policies.map(({ name }) => name)]
  return [
    {
      title: `Profit a day, of the most KOIN that the attacker had in pools; ${world.days} days`,
      headings,
      rows: attacks.map(({ title, cells }) => [title, ...cells.map(perDay)]),
    },
    {
      title: 'Profit in all, KOIN',
      headings,
      rows: attacks.map(({ title, cells }) => [title, ...cells.map(({ profit }) => koin(profit))]),
    },
    {
      title: "The attacker's part of the KOIN of the schedule",
      headings,
      rows: attacks.map(({ title, cells }) => [title, ...cells.map((cell) => part(cell.attackerSharePpm))]),
    },
    {
      title: 'Without an attacker: parts of the KOIN of the schedule, and what was not minted',
      headings: ['subnet', ...policies.map(({ name }) => name)],
      rows: [
        ...world.honest.map(({ name }, index) => [name, ...honest.map(({ sharesPpm }) => part(sharesPpm[index] ?? 0))]),
        ['not minted', ...honest.map(({ recycledPpm }) => part(recycledPpm))],
      ],
    },
  ]
}

/** `+0.7 %`; a hundredth of a per cent where it is little. */
export function perDay({ gainPpmPerDay }: EmissionCell): string {
  const percent = gainPpmPerDay / 10_000
  const digits = Math.abs(percent) < 9.995 ? 2 : 0
  const text = Math.abs(percent).toFixed(digits)
  const sign = Number(text) === 0 ? '' : percent < 0 ? '−' : '+'
  return `${sign}${grouped(text)} %`
}

function part(ppm: number): string {
  if (ppm > 0 && ppm < 1_000) return `${(ppm / 10_000).toFixed(3)} %`
  return ppm > 990_000 && ppm < 1_000_000 ? `${(ppm / 10_000).toFixed(2)} %` : share(ppm)
}

function koin(amount: bigint): string {
  const whole = (amount < 0n ? -amount : amount) / 10n ** 18n
  return `${amount < 0n && whole > 0n ? '−' : ''}${grouped(formatUnits(whole, 0))}`
}
