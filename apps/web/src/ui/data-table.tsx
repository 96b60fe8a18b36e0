import type { ReactNode } from 'react'

/** One column. On narrow screens `title` is the card's heading and `sentence` takes the card's whole width; `number` aligns right, `short` never breaks. */
export type Column<row> = {
  readonly name: string
  readonly cell: (row: row) => ReactNode
  readonly kind?: 'title' | 'number' | 'short' | 'sentence'
}

/** A table that becomes a list of cards on narrow screens. Roles are spelled out because `display` would take them away. */
export function DataTable<row>(props: {
  readonly caption: string
  readonly columns: readonly Column<row>[]
  readonly rows: readonly row[]
  readonly rowKey: (row: row) => string
}) {
  const { caption, columns, rows, rowKey } = props
  return (
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
        {rows.map((row) => (
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
  )
}
