/** Charts as text: a figure with a title, a sentence, the drawing and its numbers as a table. No script, nothing from elsewhere. */
import { escaped } from './format.ts'

export type Attributes = Readonly<Record<string, string | number>>

/** An element with escaped attributes; children are markup. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const list = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${typeof value === 'number' ? rounded(value) : escaped(value)}"`,
  )
  return children.length === 0
    ? `<${name}${list.join('')}/>`
    : `<${name}${list.join('')}>${children.join('')}</${name}>`
}

export function text(x: number, y: number, content: string, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escaped(content))
}

export function line(x1: number, y1: number, x2: number, y2: number, className: string): string {
  return element('line', { x1, y1, x2, y2, class: className })
}

/** A mark per series: colour and shape both tell, so neither is needed alone. */
export function mark(series: number, x: number, y: number, size = 4.2): string {
  const at = (dx: number, dy: number): string => `${rounded(x + dx * size)},${rounded(y + dy * size)}`
  const shared = { class: `mark s${series % 6}` }
  const polygon = (...points: readonly string[]): string => element('polygon', { ...shared, points: points.join(' ') })
  switch (series % 5) {
    case 0:
      return element('circle', { ...shared, cx: x, cy: y, r: size })
    case 1:
      return element('rect', { ...shared, x: x - size * 0.9, y: y - size * 0.9, width: size * 1.8, height: size * 1.8 })
    case 2:
      return polygon(at(0, -1.3), at(1.3, 0), at(0, 1.3), at(-1.3, 0))
    case 3:
      return polygon(at(0, -1.2), at(1.2, 1), at(-1.2, 1))
    default:
      return polygon(at(0, 1.2), at(1.2, -1), at(-1.2, -1))
  }
}

export type Figure = {
  /** Unique within the page. */
  readonly id: string
  readonly title: string
  /** What there is to see, in one sentence; also the drawing's description. */
  readonly sentence: string
  readonly width: number
  readonly height: number
  readonly drawing: string
  readonly legend?: readonly string[]
  /** The numbers drawn. */
  readonly headings: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** The whole figure. */
export function figure({ id, title, sentence, width, height, drawing, legend, headings, rows }: Figure): string {
  const picture = element(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-labelledby': `${id}-title ${id}-desc` },
    element('title', { id: `${id}-title` }, escaped(title)),
    element('desc', { id: `${id}-desc` }, escaped(sentence)),
    drawing,
  )
  return [
    `<figure id="${id}">`,
    `<h3>${escaped(title)}</h3><p>${escaped(sentence)}</p>`,
    legend === undefined ? '' : legendOf(legend),
    `<div class="scroll" tabindex="0" role="region" aria-label="${escaped(`${title}: drawing`)}">${picture}</div>`,
    `<details><summary>The numbers</summary>${table(title, headings, rows)}</details>`,
    '</figure>',
  ].join('\n')
}

/** A table whose first column names the rows. */
export function table(caption: string, headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = headings.map((heading) => `<th scope="col">${escaped(heading)}</th>`).join('')
  const body = rows.map(
    ([first = '', ...rest]) =>
      `<tr><th scope="row">${escaped(first)}</th>${rest.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`,
  )
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escaped(`${caption}: table`)}"><table><caption>${escaped(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>`
}

function legendOf(names: readonly string[]): string {
  const items = names.map(
    (name, series) =>
      `<li><svg viewBox="0 0 14 14" width="14" height="14" aria-hidden="true">${mark(series, 7, 7, 4.6)}</svg>${escaped(name)}</li>`,
  )
  return `<ul class="legend">${items.join('')}</ul>`
}

function rounded(value: number): string {
  return String(Number(value.toFixed(2)))
}
