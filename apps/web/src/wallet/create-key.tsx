import type { CreatedKeyJson, WalletJson } from '@koinon/work/dashboard'
import { useId, useState } from 'react'
import { useApp } from '../app-context.ts'
import { formatDollarAtomic, readAmount } from '../format/money.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { Modal } from '../ui/modal.tsx'
import { DollarField, readDollars } from './dollar-field.tsx'
import { useAction } from './use-action.ts'
import type { WalletAction } from './wallet-action.ts'

const maxLabelLength = 60

/** Creates a key and shows it this once. */
export function CreateKey(props: {
  readonly wallet: WalletJson
  readonly act: WalletAction
  readonly onClose: () => void
}) {
  const { wallet, act, onClose } = props
  const { useKey } = useApp()
  const id = useId()
  const [label, setLabel] = useState('')
  const [limit, setLimit] = useState('1.00')
  const [created, setCreated] = useState<CreatedKeyJson | undefined>()
  const action = useAction()
  const depositAtomic = readDollars(limit)
  const held = readAmount(wallet.dollarAtomic) ?? 0n
  const isTooMuch = depositAtomic !== undefined && depositAtomic > held
  if (created !== undefined) {
    return (
      <Modal title="Your new key" onClose={onClose}>
        <p>
          <strong>Copy it now: it is shown only this once.</strong> The gateway keeps a hash of it, not the key.
        </p>
        <p className="secret">
          <code className="long-code">{created.apiKey}</code>
        </p>
        <div className="actions">
          <CopyButton text={created.apiKey} what="the key" />
          <button type="button" className="button button-primary" onClick={onClose}>
            I have copied it
          </button>
          <button
            type="button"
            className="button"
            onClick={() => {
              useKey(created.apiKey)
              onClose()
            }}
          >
            Chat with it in this tab
          </button>
        </div>
      </Modal>
    )
  }
  return (
    <Modal title="Create a key" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (depositAtomic === undefined || isTooMuch) return
          action.run(async () => {
            const body = { label: label.trim(), depositAtomic: depositAtomic.toString() }
            setCreated(await act<CreatedKeyJson>('/api/wallet/keys', { method: 'POST', body }))
          })
        }}
      >
        <div className="field">
          <label htmlFor={id}>Name, to recognise it by</label>
          <input
            id={id}
            value={label}
            maxLength={maxLabelLength}
            autoComplete="off"
            required
            onChange={(event) => setLabel(event.target.value)}
          />
        </div>
        <DollarField
          label="Limit in dollars"
          value={limit}
          onValue={setLimit}
          hint={`Taken from your account as the key's deposit. You hold ${formatDollarAtomic(held)}.`}
        />
        {isTooMuch ? (
          <p className="text-fail">You hold only {formatDollarAtomic(held)}. Choose less, or get test funds.</p>
        ) : null}
        {action.error === undefined ? null : <ErrorNotice error={action.error} />}
        <div className="actions">
          <button
            type="submit"
            className="button button-primary"
            disabled={action.isBusy || depositAtomic === undefined || isTooMuch || label.trim() === ''}
          >
            {action.isBusy ? 'Creating …' : 'Create the key'}
          </button>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Modal>
  )
}
