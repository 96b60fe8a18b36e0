import type { SplitJson } from '@koinon/work/dashboard'
import { formatPpm } from '../format/text.ts'
import { AlphaAmount } from '../ui/alpha-amount.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'

type Part = { readonly who: string; readonly bps: number; readonly atomic: string | undefined }

/** How new alpha is divided, as the ledger has it, and what the last whole epoch brought each part. */
export function SplitTable({ split, priceWad }: { readonly split: SplitJson; readonly priceWad: string | undefined }) {
  const { epoch } = split
  const columns: readonly Column<Part>[] = [
    { name: 'New alpha for', kind: 'title', cell: ({ who }) => who },
    {
      name: 'Part',
      kind: 'number',
      cell: ({ who, bps }) => (
        <span className="meter-cell">
          {formatPpm(bps * 100)}
          <meter min={0} max={10_000} value={bps} aria-label={`Part of new alpha for ${who}`} />
        </span>
      ),
    },
    ...(epoch === undefined
      ? []
      : [
          {
            name: `Accrued in epoch ${epoch}`,
            kind: 'number' as const,
            cell: ({ atomic }: Part) => <AlphaAmount atomic={atomic} priceWad={priceWad} />,
          },
        ]),
  ]
  return (
    <section className="stack" aria-labelledby="split-title">
      <h2 id="split-title">How its new alpha is divided</h2>
      <DataTable
        caption="Emission split"
        columns={columns}
        rows={[
          { who: 'Owner', bps: split.ownerBps, atomic: split.ownerAtomic },
          { who: 'Miners', bps: split.minersBps, atomic: split.minersAtomic },
          { who: 'Validators and who staked on them', bps: split.validatorsBps, atomic: split.validatorsAtomic },
        ]}
        rowKey={({ who }) => who}
      />
      <p className="hint">
        {epoch === undefined
          ? 'No epoch is over yet of which all alpha has accrued. '
          : 'What accrued is paid when a signed result divides it; without one it waits. '}
        The owner may announce other parts within bounds; they hold a week later.
      </p>
    </section>
  )
}
