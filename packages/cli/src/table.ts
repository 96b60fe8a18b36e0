import { printable, withoutControls } from './printable.ts'

/** Rows as aligned columns under their headings; numbers, with or without a unit, stand right-aligned. */
export function table(headings: readonly string[], given: readonly (readonly string[])[]): string {
  const rows = given.map((row) => row.map(withoutControls))
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? '').length)),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] as number
        const isNumber = rows.length > 0 && rows.every((row) => number.test(row[column] ?? ''))
        return isNumber ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  return [line(headings), ...rows.map(line)].join('\n')
}

const number = /^-?$|^(< |[+-])?(?!0x)\d[\d.,]*( ?[^\d\s]+)?$/

/** Label and value, one pair a line. */
export function facts(pairs: readonly (readonly [string, string])[]): string {
  const width = Math.max(...pairs.map(([label]) => label.length))
  return pairs.map(([label, value]) => `${label.padEnd(width)}  ${printable(value)}`).join('\n')
}
