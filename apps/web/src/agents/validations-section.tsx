import type { ValidationJson } from '@koinon/work/dashboard'
import { useNames } from '../app-context.ts'
import { shortHex } from '../format/text.ts'
import { formatDateTime } from '../format/time.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'

/** Whom it asked to look at its work, and what they said. */
export function ValidationsSection({ validations }: { readonly validations: readonly ValidationJson[] }) {
  const name = useNames()
  return (
    <section className="panel" aria-labelledby="validations-title">
      <h2 id="validations-title">Validations</h2>
      {validations.length === 0 ? (
        <p className="empty">It asked nobody to validate its work.</p>
      ) : (
        <DataTable
          caption="Validations, newest first"
          columns={columnsFor(name)}
          rows={validations}
          rowKey={({ requestHash }) => requestHash}
        />
      )}
    </section>
  )
}

const columnsFor = (name: (account: string) => string): readonly Column<ValidationJson>[] => [
  { name: 'By', kind: 'title', cell: ({ validator }) => <strong title={validator}>{name(validator)}</strong> },
  {
    name: 'Answer',
    kind: 'number',
    cell: ({ response }) => (response === undefined ? 'none yet' : `${response} of 100`),
  },
  { name: 'About', cell: ({ tag }) => tag || '–' },
  { name: 'Work', kind: 'short', cell: ({ requestHash }) => <code title={requestHash}>{shortHex(requestHash)}</code> },
  {
    name: 'When',
    kind: 'short',
    cell: ({ requestedAtMs, answeredAtMs }) => formatDateTime(answeredAtMs ?? requestedAtMs),
  },
]
