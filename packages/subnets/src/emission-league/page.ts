/** The emission league's report as one HTML file: no script, no request, light and dark. */
import { formatUnits, tokenDecimals } from '@koinon/base'
import { escaped, grouped } from '../attack-league/report/format.ts'
import { decadeScale } from '../attack-league/report/scale.ts'
import { style } from '../attack-league/report/style.ts'
import { figure, line, mark, table, text } from '../attack-league/report/svg.ts'
import type { EmissionLeagueReport } from './play.ts'
import { emissionHeadline, emissionTables, perDay } from './words.ts'

const left = 250
const right = 868
const rowHeight = 40
const top = 34

/** `command` is what a reader types to get the same bytes. */
export function emissionLeagueHtml(report: EmissionLeagueReport, command: string): string {
  const { world, policies, attacks } = report
  const koin = (amount: bigint): string => grouped(formatUnits(amount, tokenDecimals))
  const list = (items: readonly (readonly [string, string])[]): string =>
    `<dl class="facts">${items.map(([term, detail]) => `<dt>${escaped(term)}</dt><dd>${escaped(detail)}</dd>`).join('')}</dl>`
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>Emission league</title><style>${style}</style></head><body><main>`,
    '<header><h1>Emission league</h1>',
    `<p class="lead">${escaped(emissionHeadline(report))}</p>`,
    `<p class="soft">${escaped(`Every attack was played under every policy for ${world.days} days, beside ${world.honest.length} subnets that are what subnets should be, by the rules that the contracts follow.`)}</p></header>`,
    gainsChart(report),
    ...emissionTables(report).map(
      ({ title, headings, rows }) =>
        `<h2>${escaped(title)}</h2>${table(`By ${headings[0]} and policy`, headings, rows)}`,
    ),
    '<h2>The attacks</h2>',
    `<div class="card">${list(attacks.map(({ title, about }) => [title, about]))}</div>`,
    '<h2>The policies</h2>',
    `<div class="card">${list(policies.map(({ name, about }) => [name, about]))}</div>`,
    '<h2>How this was played</h2>',
    `<div class="card">${list([
      [
        'Honest subnets',
        world.honest
          .map(({ name, boughtKoinPerDay }) => `${name} (users bring about ${koin(boughtKoinPerDay)} KOIN a day)`)
          .join(', '),
      ],
      [
        'An attacker',
        `is alone in its subnets, so all of their alpha is its own; what it holds it sells on the last day. Capital beside its lock: ${koin(world.attackersKoin)} KOIN`,
      ],
      ['A step', 'an hour at once, with what 300 steps of 12 seconds may add to a pool'],
      ['Seed', world.seed],
      ['Again', command],
    ])}</div>`,
    '</main></body></html>\n',
  ].join('\n')
}

/** A row an attack, a mark a policy. */
function gainsChart(report: EmissionLeagueReport): string {
  const { attacks, policies } = report
  const gains = attacks.flatMap(({ cells }) => cells.map(({ gainPpmPerDay }) => gainPpmPerDay / 10_000))
  const scale = decadeScale(gains, left, right)
  const bottom = top + attacks.length * rowHeight
  const axis = scale.ticks.map((tick) => {
    const x = scale.place(tick)
    const label = text(x, top - 8, `${tick} %`, { class: 'tick', 'text-anchor': 'middle' })
    return line(x, top, x, bottom, tick === 0 ? 'zero' : 'grid') + label
  })
  const rows = attacks.map(({ title, cells }, index) => {
    const middle = top + (index + 0.5) * rowHeight
    return [
      text(left - 14, middle + 4, title, { class: 'label', 'text-anchor': 'end' }),
      line(0, middle + rowHeight / 2, right, middle + rowHeight / 2, 'rule'),
      ...cells.map(({ gainPpmPerDay }, series) => mark(series, scale.place(gainPpmPerDay / 10_000), middle, 5)),
    ].join('')
  })
  return figure({
    id: 'gains',
    title: 'What an attacker gains a day, of the KOIN that it needs',
    sentence: emissionHeadline(report),
    width: right + 24,
    height: bottom + 12,
    drawing: [...axis, ...rows].join(''),
    legend: policies.map(({ name }) => name),
    headings: ['Attack', ...policies.map(({ name }) => name)],
    rows: attacks.map(({ title, cells }) => [title, ...cells.map(perDay)]),
  })
}
