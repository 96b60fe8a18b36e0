/** Each mend that was tried: the gain before and after it. */
import type { LeagueReport } from '../league-report.ts'
import { interval, percent, verdictWords } from './format.ts'
import { beyond, gainAxis } from './gain-axis.ts'
import { decadeScale } from './scale.ts'
import { figure, line, mark, text } from './svg.ts'

const left = 400
const right = 868
const rowHeight = 46
const top = 34

/** Empty when nothing had to be mended. */
export function mendsChart({ attacks }: LeagueReport): string {
  const tried = attacks.flatMap(({ title: attack, mends }) =>
    mends.flatMap((mend) => (mend.after === undefined ? [] : [{ ...mend, attack, after: mend.after }])),
  )
  if (tried.length === 0) return ''
  const scale = decadeScale(
    tried.flatMap(({ before, after }) => [before.meanPercent, after.meanPercent]),
    left,
    right,
  )
  const bottom = top + tried.length * rowHeight
  const rows = tried.map(({ attack, title, before, after }, index) => {
    const middle = top + (index + 0.5) * rowHeight
    const [from, to] = [scale.place(before.meanPercent), scale.place(after.meanPercent)]
    return [
      text(left - 14, middle - 3, attack, { class: 'label', 'text-anchor': 'end' }),
      text(left - 14, middle + 14, title, { class: 'tick', 'text-anchor': 'end' }),
      line(0, middle + rowHeight / 2, right, middle + rowHeight / 2, 'rule'),
      line(from, middle, to, middle, 'link'),
      mark(1, from, middle, 5),
      mark(0, to, middle, 5),
      beyond(scale, after.meanPercent, middle),
    ].join('')
  })
  const works = tried.filter(({ verdict }) => verdict === 'not profitable').length
  return figure({
    id: 'mends',
    title: 'What mends what pays',
    sentence: `Each attack that pays was played again with the change that is said to mend it; ${works} of ${tried.length} took the profit away.`,
    width: right + 24,
    height: bottom + 12,
    drawing: [gainAxis(scale, top, bottom), line(0, top, right, top, 'rule'), ...rows].join(''),
    legend: ['with the change', 'before it'],
    headings: ['Attack', 'Change', 'Before', 'After', 'Verdict'],
    rows: tried.map(({ attack, title, before, after, verdict }) => [
      attack,
      title,
      `${percent(before.meanPercent)} (${interval(before)})`,
      `${percent(after.meanPercent)} (${interval(after)})`,
      verdictWords(verdict),
    ]),
  })
}
