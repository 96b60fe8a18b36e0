import type { BudgetJson } from '@koinon/work/dashboard'
import { useState } from 'react'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import type { WalletAction } from '../wallet/wallet-action.ts'

/** Asks once more, then ends a budget. */
export function RevokeBudget(props: {
  readonly budget: BudgetJson
  readonly act: WalletAction
  readonly onClose: () => void
}) {
  const { budget, act, onClose } = props
  const [isOnChain, setIsOnChain] = useState(false)
  return (
    <ConfirmDialog
      title={`Revoke "${budget.label}"?`}
      yes="Revoke the budget"
      busy="Revoking …"
      no="Keep it"
      isDanger
      onYes={async () => {
        await act(`/api/budgets/${budget.grantHash}/revoke`, { method: 'POST', body: { isOnChain } })
      }}
      onClose={onClose}
    >
      <p>Programs on this machine sign nothing more with its key, at once and for good. What was spent is spent.</p>
      <label className="check-field">
        <input type="checkbox" checked={isOnChain} onChange={(event) => setIsOnChain(event.target.checked)} />
        <span>
          Also on the ledger, so that a copy of the key is worth nothing. It costs gas, and your account then delegates
          to the code of budgets.
        </span>
      </label>
    </ConfirmDialog>
  )
}
