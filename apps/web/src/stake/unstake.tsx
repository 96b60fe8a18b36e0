import type { PositionJson } from '@koinon/work/dashboard'
import { useState } from 'react'
import { readAmount } from '../format/money.ts'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { Modal } from '../ui/modal.tsx'
import { useAction } from '../wallet/use-action.ts'
import { AmountField } from './amount-field.tsx'
import { draftAmount, exactText } from './draft-amount.ts'
import type { StakeMove } from './stake-move.ts'

/** Takes stake back, all of it unless less is named. */
export function Unstake(props: {
  readonly position: PositionJson
  readonly move: StakeMove
  readonly onClose: () => void
}) {
  const { position, move, onClose } = props
  const { netuid, hotkey, isBound } = position
  const held = readAmount(position.amountAtomic) ?? 0n
  const [text, setText] = useState(exactText(held))
  const action = useAction()
  const draft = draftAmount(text, netuid, held)
  return (
    <Modal title="Take stake back?" onClose={onClose}>
      <p>
        {isBound
          ? 'It backs a validator: it waits for the unbonding time, and until it is withdrawn a slash still reaches it.'
          : 'It comes back at once.'}
      </p>
      <AmountField
        label="How much"
        netuid={netuid}
        held={held}
        value={text}
        problem={'problem' in draft ? draft.problem : undefined}
        onValue={setText}
      />
      {action.error === undefined ? null : <ErrorNotice error={action.error} />}
      <div className="actions">
        <button
          type="button"
          className="button button-primary"
          disabled={action.isBusy || !('amount' in draft)}
          onClick={() =>
            action.run(async () => {
              if (!('amount' in draft)) return
              await move({ action: 'unstake', netuid, hotkey, amountAtomic: draft.amount.toString() })
              onClose()
            })
          }
        >
          {action.isBusy ? 'Waiting for the ledger …' : 'Unstake'}
        </button>
        <button type="button" className="button" onClick={onClose}>
          Leave it
        </button>
      </div>
    </Modal>
  )
}
