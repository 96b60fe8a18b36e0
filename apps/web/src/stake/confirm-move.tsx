import type { ReactNode } from 'react'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { Modal } from '../ui/modal.tsx'
import { useAction } from '../wallet/use-action.ts'

/** A second look at what is about to happen; `onYes` does it, `onClose` is called after it and for a no. */
export function ConfirmMove(props: {
  readonly title: string
  readonly yes: string
  readonly onYes: () => Promise<void>
  readonly onClose: () => void
  readonly children: ReactNode
}) {
  const { title, yes, onYes, onClose, children } = props
  const action = useAction()
  return (
    <Modal title={title} onClose={onClose}>
      {children}
      {action.error === undefined ? null : <ErrorNotice error={action.error} />}
      <div className="actions">
        <button
          type="button"
          className="button button-primary"
          disabled={action.isBusy}
          onClick={() =>
            action.run(async () => {
              await onYes()
              onClose()
            })
          }
        >
          {action.isBusy ? 'Waiting for the ledger …' : yes}
        </button>
        <button type="button" className="button" onClick={onClose}>
          Cancel
        </button>
      </div>
    </Modal>
  )
}
