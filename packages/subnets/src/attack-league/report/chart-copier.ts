/** The weight copier side by side, open rows and sealed rows, and by the age of what it copies. */
import type { Gain } from '../gain.ts'
import type { LeagueReport } from '../league-report.ts'
import { interval, percent, share } from './format.ts'
import { evenScale } from './scale.ts'
import { element, figure, line, mark, text } from './svg.ts'

const left = 64
const right = 868
const top = 20
const bottom = 270

/** Bars in pairs, a pair an aggregator; empty unless both copiers were played. */
export function copierChart({ attacks, aggregators }: LeagueReport): string {
  const open = attacks.find(({ name }) => name === 'copier-open')
  const sealed = attacks.find(({ name }) => name === 'copier-sealed')
  if (open === undefined || sealed === undefined) return ''
  const pairs = aggregators.map(({ title }, index) => ({
    title,
    gains: [open.cells[index]?.gain, sealed.cells[index]?.gain] as const,
  }))
  const scale = evenScale(
    pairs.flatMap(({ gains }) => gains.flatMap((gain) => (gain === undefined ? [] : ends(gain)))),
    bottom,
    top,
  )
  const slot = (right - left) / pairs.length
  const bars = pairs.map(({ title, gains }, index) => {
    const middle = left + slot * (index + 0.5)
    const drawn = gains.map((gain, which) =>
      gain === undefined ? '' : bar(gain, which, middle + (which - 0.5) * 46, scale.place),
    )
    return drawn.join('') + text(middle, bottom + 22, title, { class: 'label', 'text-anchor': 'middle' })
  })
  return figure({
    id: 'copier',
    title: 'A weight copier with and without commit and reveal',
    sentence: sentence(pairs.map(({ gains }) => gains)),
    width: right + 24,
    height: bottom + 36,
    drawing: axis(scale, left, right) + bars.join(''),
    legend: ['open rows: copied as they are sent', 'sealed rows: the newest readable are an epoch old'],
    headings: ['LeagueAggregator', 'Open rows', 'Sealed rows'],
    rows: pairs.map(({ title, gains }) => [title, ...gains.map(gainText)]),
  })
}

/** A curve for each pace of the miners; empty when none was played. */
export function agesChart({ copierAges, aggregators }: LeagueReport): string {
  const { curves, noisePpm, aggregator } = copierAges
  if (curves.length === 0) return ''
  const scale = evenScale(
    curves.flatMap(({ points }) => points.flatMap(({ gain }) => ends(gain))),
    bottom,
    top,
  )
  const ages = curves[0]?.points.map(({ ageEpochs }) => ageEpochs) ?? []
  const end = right - 150
  const x = (index: number): number => left + 30 + ((end - left - 30) * index) / Math.max(1, ages.length - 1)
  const lines = curves.map(({ driftPpm, points }, series) => {
    const at = (value: number, index: number): string => `${x(index).toFixed(1)},${scale.place(value).toFixed(1)}`
    const band = [
      ...points.map(({ gain }, index) => at(ends(gain)[1], index)),
      ...points.map(({ gain }, index) => at(ends(gain)[0], index)).reverse(),
    ]
    const last = points.at(-1) as (typeof points)[number]
    return [
      element('polygon', { points: band.join(' '), class: `band s${series}` }),
      element('polyline', {
        points: points.map(({ gain }, index) => at(gain.meanPercent, index)).join(' '),
        class: `curve s${series}`,
      }),
      ...points.map(({ gain }, index) => mark(series, x(index), scale.place(gain.meanPercent))),
      text(end + 12, scale.place(last.gain.meanPercent) + 4, `drift ${share(driftPpm)} an epoch`, { class: 'label' }),
    ].join('')
  })
  const title = aggregators.find(({ name }) => name === aggregator)?.title ?? aggregator
  return figure({
    id: 'ages',
    title: 'How long rows must be hidden',
    sentence: `The gain of a copier by the age of the rows that it copies, under ${title}, where honest validators err by ${share(noisePpm)}: hiding rows helps as far as miners change faster than validators err.`,
    width: right + 24,
    height: bottom + 46,
    drawing:
      axis(scale, left, end) +
      ages
        .map((age, index) =>
          text(x(index), bottom + 20, age === 0 ? 'same epoch' : age === 1 ? '1 epoch' : `${age} epochs`, {
            class: 'tick',
            'text-anchor': 'middle',
          }),
        )
        .join('') +
      text((left + end) / 2, bottom + 40, 'age of the copied rows', { class: 'label', 'text-anchor': 'middle' }) +
      lines.join(''),
    legend: curves.map(({ driftPpm }) => `miners' quality drifts by ${share(driftPpm)} an epoch`),
    headings: ['Age of the rows', ...curves.map(({ driftPpm }) => `Drift ${share(driftPpm)}`)],
    rows: ages.map((age, index) => [`${age} epochs`, ...curves.map(({ points }) => gainText(points[index]?.gain))]),
  })
}

function bar(gain: Gain, series: number, middle: number, place: (value: number) => number): string {
  const [low, high] = ends(gain)
  const [y, zero] = [place(gain.meanPercent), place(0)]
  const isUp = gain.meanPercent >= 0
  return [
    element('rect', {
      x: middle - 19,
      y: Math.min(y, zero),
      width: 38,
      height: Math.max(1, Math.abs(zero - y)),
      class: `bar s${series}`,
    }),
    line(middle, place(low), middle, place(high), 'error'),
    text(middle, isUp ? place(high) - 6 : place(low) + 15, percent(gain.meanPercent), {
      class: 'value',
      'text-anchor': 'middle',
    }),
  ].join('')
}

function axis(scale: ReturnType<typeof evenScale>, from: number, to: number): string {
  return scale.ticks
    .map((tick) => {
      const y = scale.place(tick)
      return (
        line(from, y, to, y, tick === 0 ? 'zero' : 'grid') +
        text(from - 8, y + 4, tick === 0 ? 'honest' : percent(tick), { class: 'tick', 'text-anchor': 'end' })
      )
    })
    .join('')
}

/** The interval where there is one; a single seed has none to draw. */
function ends({ meanPercent, lowPercent, highPercent }: Gain): readonly [number, number] {
  return Number.isFinite(lowPercent) ? [lowPercent, highPercent] : [meanPercent, meanPercent]
}

function gainText(gain: Gain | undefined): string {
  return gain === undefined ? 'nothing to compare' : `${percent(gain.meanPercent)} (${interval(gain)})`
}

function sentence(pairs: readonly (readonly [Gain | undefined, Gain | undefined])[]): string {
  const more = pairs.filter(([open]) => (open?.meanPercent ?? 0) > 0).length
  const less = pairs.filter(([, sealed]) => (sealed?.meanPercent ?? 0) < 0).length
  return `With open rows the copier earns more than an honest validator of the same stake under ${more} of ${pairs.length} aggregators; with sealed rows it earns less under ${less} of ${pairs.length}.`
}
