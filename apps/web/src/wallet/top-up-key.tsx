import type { KeyJson, WalletJson } from '@koinon/work/dashboard'
import { useState } from 'react'
import { formatDollarAtomic, readAmount } from '../format/money.ts'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { Modal } from '../ui/modal.tsx'
import { DollarField, readDollars } from './dollar-field.tsx'
import { useAction } from './use-action.ts'
import type { WalletAction } from './wallet-action.ts'

/** Raises the limit of a key. */
export function TopUpKey(props: {
  readonly apiKey: KeyJson
  readonly wallet: WalletJson
  readonly act: WalletAction
  readonly onClose: () => void
}) {
  const { apiKey, wallet, act, onClose } = props
  const [amount, setAmount] = useState('1.00')
  const action = useAction()
  const atomic = readDollars(amount)
  const held = readAmount(wallet.dollarAtomic) ?? 0n
  const isTooMuch = atomic !== undefined && atomic > held
  return (
    <Modal title={`Top up "${apiKey.label}"`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (atomic === undefined || isTooMuch) return
          action.run(async () => {
            const body = { amountAtomic: atomic.toString() }
            await act(`/api/wallet/keys/${apiKey.keyHash}/top-up`, { method: 'POST', body })
            onClose()
          })
        }}
      >
        <DollarField
          label="Add, in dollars"
          value={amount}
          onValue={setAmount}
          hint={`You hold ${formatDollarAtomic(held)}.`}
        />
        {isTooMuch ? (
          <p className="text-fail">You hold only {formatDollarAtomic(held)}. Choose less, or get test funds.</p>
        ) : null}
        {action.error === undefined ? null : <ErrorNotice error={action.error} />}
        <div className="actions">
          <button
            type="submit"
            className="button button-primary"
            disabled={action.isBusy || atomic === undefined || isTooMuch}
          >
            {action.isBusy ? 'Adding …' : 'Add to the limit'}
          </button>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Modal>
  )
}
