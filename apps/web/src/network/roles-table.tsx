import type { RoleJson } from '@koinon/work/dashboard'
import { useNow } from '../app-context.ts'
import { formatBytes } from '../format/text.ts'
import { formatAgo } from '../format/time.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Fold } from '../ui/fold.tsx'

/** The processes of this node. */
export function RolesTable({ roles }: { readonly roles: readonly RoleJson[] }) {
  const nowMs = useNow(15_000)
  const columns: readonly Column<RoleJson>[] = [
    { name: 'Role', kind: 'title', cell: (role) => <strong>{role.name}</strong> },
    { name: 'Kind', cell: (role) => role.kind },
    { name: 'State', cell: (role) => role.state },
    { name: 'Started', cell: (role) => (role.startedAtMs === undefined ? '–' : formatAgo(role.startedAtMs, nowMs)) },
    { name: 'Restarts', kind: 'number', cell: (role) => String(role.restarts) },
    {
      name: 'Memory',
      kind: 'number',
      cell: (role) => (role.rssBytes === undefined ? '–' : formatBytes(role.rssBytes)),
    },
  ]
  return (
    <Fold summary={`One by one (${roles.length})`}>
      <DataTable caption="Processes of this node" columns={columns} rows={roles} rowKey={(role) => role.name} isWhole />
    </Fold>
  )
}
