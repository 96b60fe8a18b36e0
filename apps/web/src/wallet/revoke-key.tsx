import type { KeyJson } from '@koinon/work/dashboard'
import { shortHex } from '../format/text.ts'
import { CommandText } from '../ui/command-text.tsx'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import type { WalletAction } from './wallet-action.ts'

/** Asks once more, then revokes. */
export function RevokeKey(props: {
  readonly apiKey: KeyJson
  readonly act: WalletAction
  readonly onClose: () => void
}) {
  const { apiKey, act, onClose } = props
  return (
    <ConfirmDialog
      title={`Revoke "${apiKey.label}"?`}
      yes="Revoke the key"
      busy="Revoking …"
      no="Keep it"
      isDanger
      onYes={async () => {
        await act(`/api/wallet/keys/${apiKey.keyHash}`, { method: 'DELETE' })
      }}
      onClose={onClose}
    >
      <p>
        Programs that use the key <code>{shortHex(apiKey.keyHash)}</code> stop working at once, and it cannot be taken
        back. What is left of its deposit stays in its payment channel until you take it out:{' '}
        <CommandText text={`koinon keys withdraw ${apiKey.keyHash.slice(0, 12)}`} />.
      </p>
    </ConfirmDialog>
  )
}
