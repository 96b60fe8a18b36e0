import type { ReactNode } from 'react'
import { useAction } from '../wallet/use-action.ts'
import { ErrorNotice } from './error-notice.tsx'
import { Modal } from './modal.tsx'

/** A second look at what is about to happen; `onYes` does it, `onClose` is called after it and for a no. */
export function ConfirmDialog(props: {
  readonly title: string
  readonly yes: string
  /** Said instead of `yes` while it happens. */
  readonly busy?: string
  readonly no?: string
  /** It takes something away for good. */
  readonly isDanger?: boolean
  readonly onYes: () => Promise<void>
  readonly onClose: () => void
  readonly children: ReactNode
}) {
  const {
    title,
    yes,
    busy = 'Waiting for the ledger …',
    no = 'Cancel',
    isDanger = false,
    onYes,
    onClose,
    children,
  } = props
  const action = useAction()
  return (
    <Modal title={title} onClose={onClose}>
      {children}
      {action.error === undefined ? null : <ErrorNotice error={action.error} />}
      <div className="actions">
        <button
          type="button"
          className={`button ${isDanger ? 'button-danger' : 'button-primary'}`}
          disabled={action.isBusy}
          onClick={() =>
            action.run(async () => {
              await onYes()
              onClose()
            })
          }
        >
          {action.isBusy ? busy : yes}
        </button>
        <button type="button" className="button" onClick={onClose}>
          {no}
        </button>
      </div>
    </Modal>
  )
}
