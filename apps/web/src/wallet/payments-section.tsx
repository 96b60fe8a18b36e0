import { formatUnits } from '@koinon/base'
import type { PaymentJson } from '@koinon/work/dashboard'
import { formatDollarAtomic, formatTokenAtomic, readAmount } from '../format/money.ts'
import { humanise, shortHex } from '../format/text.ts'
import { formatDateTime } from '../format/time.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'

const kindWords: Readonly<Record<string, string>> = {
  deposit: 'Deposit of a key',
  returned: 'Deposit returned',
  faucet: 'Test funds',
}

const columns: readonly Column<PaymentJson>[] = [
  {
    name: 'What',
    kind: 'title',
    cell: (payment) => <strong>{kindWords[payment.kind] ?? humanise(payment.kind)}</strong>,
  },
  { name: 'When', kind: 'short', cell: (payment) => formatDateTime(payment.atMs) },
  { name: 'Amount', kind: 'number', cell: amountText },
  {
    name: 'Transaction',
    cell: (payment) => <code title={payment.transactionHash}>{shortHex(payment.transactionHash)}</code>,
  },
]

/** Everything that moved money on the ledger. */
export function PaymentsSection({ payments }: { readonly payments: readonly PaymentJson[] }) {
  return (
    <section className="panel" aria-labelledby="payments-title">
      <h2 id="payments-title">Payments</h2>
      {payments.length === 0 ? (
        <p className="empty">Nothing has moved yet. Answers are paid from a key's deposit and appear under Receipts.</p>
      ) : (
        <DataTable
          caption="Payments, newest first"
          columns={columns}
          rows={payments}
          rowKey={(payment) => payment.id}
        />
      )}
    </section>
  )
}

function amountText(payment: PaymentJson): string {
  const amount = readAmount(payment.amountAtomic)
  if (amount === undefined) return 'unknown'
  if (/dollar|usd/i.test(payment.asset)) return formatDollarAtomic(amount)
  if (/token|koin/i.test(payment.asset)) return formatTokenAtomic(amount)
  return `${formatUnits(amount, 18)} ETH`
}
