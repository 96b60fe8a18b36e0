import type { PoolJson, PoolsJson } from '@koinon/work/dashboard'
import { formatPrice } from '../format/alpha.ts'
import { formatTokenAtomic, readAmount } from '../format/money.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Fold } from '../ui/fold.tsx'

const columns: readonly Column<PoolJson>[] = [
  {
    name: 'Subnet',
    kind: 'title',
    cell: (pool) => (
      <a href={`#/subnets/${pool.netuid}`}>
        {pool.netuid} · {pool.name}
      </a>
    ),
  },
  {
    name: 'Price of one alpha',
    kind: 'number',
    cell: (pool) => ('priceWad' in pool ? formatPrice(pool.priceWad) : 'dissolved'),
  },
  {
    name: 'Average of the price',
    kind: 'number',
    cell: (pool) => ('priceWad' in pool ? formatPrice(pool.averagePriceWad) : '–'),
  },
  {
    name: 'In the pool',
    kind: 'number',
    cell: (pool) =>
      'priceWad' in pool
        ? `${amount(pool.poolKoinAtomic, 'KOIN')} and ${amount(pool.poolAlphaAtomic, 'alpha')}`
        : `${amount(pool.potAtomic, 'KOIN')} for the holders`,
  },
  {
    name: 'Alpha that exists',
    kind: 'number',
    cell: (pool) => amount('priceWad' in pool ? pool.supplyAtomic : pool.outstandingAtomic, 'alpha'),
  },
]

/** Every subnet's pool, for everybody. */
export function PoolsSection({ pools }: { readonly pools: PoolsJson }) {
  return (
    <section className="stack" aria-labelledby="pools-title">
      <h2 id="pools-title">Pools</h2>
      {pools.pools.length === 0 ? (
        <p className="empty">No subnet has a pool yet.</p>
      ) : (
        <Fold summary={`One by one (${pools.pools.length})`}>
          <DataTable caption="Pools" columns={columns} rows={pools.pools} rowKey={(pool) => String(pool.netuid)} />
        </Fold>
      )}
      <p className="hint">
        The price follows from what is in a pool: whoever buys alpha adds KOIN and raises it, whoever sells lowers it.
        The average begins at nothing and takes weeks to follow; where the network is full, the subnet with the lowest
        makes room for a new one. As of block {pools.asOfBlock.toLocaleString('en')}.
      </p>
    </section>
  )
}

function amount(text: string, symbol: string): string {
  return formatTokenAtomic(readAmount(text) ?? 0n, symbol)
}
