/** All gains at a glance: a row an attack, a mark with its interval an aggregator. */
import type { LeagueReport } from '../league-report.ts'
import { interval, percent, verdictWords } from './format.ts'
import { beyond, gainAxis } from './gain-axis.ts'
import { decadeScale } from './scale.ts'
import { figure, line, mark, text } from './svg.ts'

const left = 236
const right = 868
const lane = 11
const pad = 9

export function overviewChart({ attacks, aggregators }: LeagueReport): string {
  const gains = attacks.flatMap(({ cells }) => cells.flatMap(({ gain }) => (gain === undefined ? [] : [gain])))
  const scale = decadeScale(
    gains.map(({ meanPercent }) => meanPercent),
    left,
    right,
  )
  const top = 34
  const rowHeight = Math.max(34, aggregators.length * lane + 2 * pad)
  const bottom = top + attacks.length * rowHeight
  const zero = scale.place(0)
  const rows = attacks.map(({ title, cells }, row) => {
    const y = top + row * rowHeight
    const marks = cells.map(({ gain }, index) => {
      if (gain === undefined) return ''
      const at = y + rowHeight / 2 + (index - (cells.length - 1) / 2) * lane
      const whisker =
        gain.seeds === 1
          ? ''
          : line(scale.place(gain.lowPercent), at, scale.place(gain.highPercent), at, `whisker s${index % 6}`)
      return whisker + mark(index, scale.place(gain.meanPercent), at) + beyond(scale, gain.meanPercent, at)
    })
    return (
      text(left - 14, y + rowHeight / 2 + 4, title, { class: 'label', 'text-anchor': 'end' }) +
      line(0, y + rowHeight, right, y + rowHeight, 'rule') +
      marks.join('')
    )
  })
  const drawing = [
    gainAxis(scale, top, bottom),
    line(0, top, right, top, 'rule'),
    ...rows,
    text(zero + 8, bottom + 18, 'earns more than honest play →', { class: 'tick' }),
    text(zero - 8, bottom + 18, '← earns less', { class: 'tick', 'text-anchor': 'end' }),
  ]
  return figure({
    id: 'overview',
    title: 'What each attack earns against honest play',
    sentence:
      'Every mark is the mean gain over paired worlds, its line the 95 % interval; right of the middle the attack pays. Steps of the axis grow tenfold.',
    width: right + 24,
    height: bottom + 28,
    drawing: drawing.join(''),
    legend: aggregators.map(({ title }) => title),
    headings: ['Attack', ...aggregators.map(({ title }) => title)],
    rows: attacks.map(({ title, cells }) => [
      title,
      ...cells.map(({ gain, verdict }) =>
        gain === undefined
          ? 'honest play earns nothing'
          : `${percent(gain.meanPercent)} (${interval(gain)}), ${verdictWords(verdict)}`,
      ),
    ]),
  })
}
