import type { BudgetJson } from '@koinon/work/dashboard'
import { useState } from 'react'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { Modal } from '../ui/modal.tsx'
import { useAction } from '../wallet/use-action.ts'
import type { WalletAction } from '../wallet/wallet-action.ts'

/** Asks once more, then ends a budget. */
export function RevokeBudget(props: {
  readonly budget: BudgetJson
  readonly act: WalletAction
  readonly onClose: () => void
}) {
  const { budget, act, onClose } = props
  const [isOnChain, setIsOnChain] = useState(false)
  const action = useAction()
  return (
    <Modal title={`Revoke "${budget.label}"?`} onClose={onClose}>
      <p>Programs on this machine sign nothing more with its key, at once and for good. What was spent is spent.</p>
      <label className="check-field">
        <input type="checkbox" checked={isOnChain} onChange={(event) => setIsOnChain(event.target.checked)} />
        <span>
          Also on the ledger, so that a copy of the key is worth nothing. It costs gas, and your account then delegates
          to the code of budgets.
        </span>
      </label>
      {action.error === undefined ? null : <ErrorNotice error={action.error} />}
      <div className="actions">
        <button
          type="button"
          className="button button-danger"
          disabled={action.isBusy}
          onClick={() =>
            action.run(async () => {
              await act(`/api/budgets/${budget.grantHash}/revoke`, { method: 'POST', body: { isOnChain } })
              onClose()
            })
          }
        >
          {action.isBusy ? 'Revoking …' : 'Revoke the budget'}
        </button>
        <button type="button" className="button" onClick={onClose}>
          Keep it
        </button>
      </div>
    </Modal>
  )
}
