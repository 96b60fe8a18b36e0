import type { KeyJson } from '@koinon/work/dashboard'
import { shortHex } from '../format/text.ts'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { Modal } from '../ui/modal.tsx'
import { useAction } from './use-action.ts'
import type { WalletAction } from './wallet-action.ts'

/** Asks once more, then revokes. */
export function RevokeKey(props: {
  readonly apiKey: KeyJson
  readonly act: WalletAction
  readonly onClose: () => void
}) {
  const { apiKey, act, onClose } = props
  const action = useAction()
  return (
    <Modal title={`Revoke "${apiKey.label}"?`} onClose={onClose}>
      <p>
        Programs that use the key <code>{shortHex(apiKey.keyHash)}</code> stop working at once, and it cannot be taken
        back. What is left of its deposit stays in its payment channel until you take it out:{' '}
        <code>koinon keys withdraw {apiKey.keyHash.slice(0, 12)}</code>.
      </p>
      {action.error === undefined ? null : <ErrorNotice error={action.error} />}
      <div className="actions">
        <button
          type="button"
          className="button button-danger"
          disabled={action.isBusy}
          onClick={() =>
            action.run(async () => {
              await act(`/api/wallet/keys/${apiKey.keyHash}`, { method: 'DELETE' })
              onClose()
            })
          }
        >
          {action.isBusy ? 'Revoking …' : 'Revoke the key'}
        </button>
        <button type="button" className="button" onClick={onClose}>
          Keep it
        </button>
      </div>
    </Modal>
  )
}
