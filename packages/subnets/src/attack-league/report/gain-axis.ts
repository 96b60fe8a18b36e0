/** The axis of gains that the overview and the mends share. */
import { percent } from './format.ts'
import type { Scale } from './scale.ts'
import { element, line, text } from './svg.ts'

/** Grid, labels and the side on which an attack pays. */
export function gainAxis(scale: Scale, top: number, bottom: number): string {
  const [zero, end] = [scale.place(0), scale.place(Number.POSITIVE_INFINITY)]
  return [
    element('rect', { x: zero, y: top, width: end - zero, height: bottom - top, class: 'pays' }),
    ...scale.ticks.map((tick) => {
      const x = scale.place(tick)
      const label = text(x, top - 8, tickText(tick), { class: 'tick', 'text-anchor': 'middle' })
      return line(x, top, x, bottom, tick === 0 ? 'zero' : 'grid') + label
    }),
  ].join('')
}

/** An arrow beside a mark that stands at the end of the axis because its value lies beyond. */
export function beyond(scale: Scale, value: number, y: number): string {
  if (!scale.isBeyond(value)) return ''
  return value > 0
    ? text(scale.place(value) + 8, y + 4, '›', { class: 'tick' })
    : text(scale.place(value) - 8, y + 4, '‹', { class: 'tick', 'text-anchor': 'end' })
}

function tickText(tick: number): string {
  if (tick === 0) return 'honest'
  return tick >= 1_000 ? `+${tick / 1_000}k %` : percent(tick).replace('.0', '')
}
