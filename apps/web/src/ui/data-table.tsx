import { type ReactNode, useState } from 'react'
import { useIsNarrow } from './use-is-narrow.ts'

/** One column. On narrow screens `title` is the card's heading and `sentence` takes the card's whole width; `number` aligns right, `short` never breaks. */
export type Column<row> = {
  readonly name: string
  readonly cell: (row: row) => ReactNode
  readonly kind?: 'title' | 'number' | 'short' | 'sentence'
}

/** Rows that stand there before somebody asks for all, and how many more of them are not worth a button. */
const shownRows = { wide: 10, narrow: 5 }
const rowsToSpare = 2

/**
 * A table that becomes a list of cards on narrow screens, and shows its first rows until somebody asks for all (`isWhole`: all at once).
 * Roles are spelled out because `display` would take them away.
 */
export function DataTable<row>(props: {
  readonly caption: string
  readonly columns: readonly Column<row>[]
  readonly rows: readonly row[]
  readonly rowKey: (row: row) => string
  readonly isWhole?: boolean
}) {
  const { caption, columns, rows, rowKey, isWhole = false } = props
  const [isAsked, setIsAsked] = useState(false)
  const most = useIsNarrow() ? shownRows.narrow : shownRows.wide
  const isLong = !isWhole && rows.length > most + rowsToSpare
  const shown = isLong && !isAsked ? rows.slice(0, most) : rows
  return (
    <>
      <table className="data-table" role="table">
        <caption className="visually-hidden">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th
                key={column.name}
                role="columnheader"
                scope="col"
                className={column.kind === 'number' ? 'number' : undefined}
              >
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {shown.map((row) => (
            <tr key={rowKey(row)} role="row">
              {columns.map((column) => (
                <td key={column.name} role="cell" data-label={column.name} className={column.kind}>
                  <span className="cell-value">{column.cell(row)}</span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {isLong ? (
        <div className="actions">
          <button
            type="button"
            className="button"
            aria-expanded={isAsked}
            aria-label={`${isAsked ? `Show the first ${most}` : `Show all ${rows.length}`}: ${caption}`}
            onClick={() => setIsAsked(!isAsked)}
          >
            {isAsked ? `Show the first ${most}` : `Show all ${rows.length.toLocaleString('en')}`}
          </button>
        </div>
      ) : null}
    </>
  )
}
