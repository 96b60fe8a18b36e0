import type { WalletJson } from '@koinon/work/dashboard'
import { useId, useState } from 'react'
import { shortHex } from '../format/text.ts'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { Modal } from '../ui/modal.tsx'
import { type Asset, assets, draftTransfer } from './transfer.ts'
import { useAction } from './use-action.ts'
import type { WalletAction } from './wallet-action.ts'

/** Sends an asset to another account, after a second look. */
export function SendSection({ wallet, act }: { readonly wallet: WalletJson; readonly act: WalletAction }) {
  const id = useId()
  const [asset, setAsset] = useState<Asset>('dollar')
  const [to, setTo] = useState('')
  const [amount, setAmount] = useState('')
  const [isConfirming, setIsConfirming] = useState(false)
  const [sent, setSent] = useState<string | undefined>()
  const action = useAction()
  const isTouched = to.trim() !== '' && amount.trim() !== ''
  const draft = draftTransfer(wallet, asset, to, amount)
  const send = (): void => {
    if ('problem' in draft) return
    const body = { asset, to: draft.to, amountAtomic: draft.amountAtomic.toString() }
    action.run(async () => {
      const { transactionHash } = await act<{ readonly transactionHash?: string }>('/api/wallet/send', {
        method: 'POST',
        body,
      })
      setSent(
        transactionHash === undefined ? draft.sentence : `${draft.sentence}, transaction ${shortHex(transactionHash)}`,
      )
      setIsConfirming(false)
      setTo('')
      setAmount('')
    })
  }
  return (
    <section className="panel" aria-labelledby="send-title">
      <h2 id="send-title">Send</h2>
      <form
        className="send-form"
        onSubmit={(event) => {
          event.preventDefault()
          setSent(undefined)
          if (!('problem' in draft)) setIsConfirming(true)
        }}
      >
        <div className="field">
          <label htmlFor={`${id}-asset`}>What</label>
          <select id={`${id}-asset`} value={asset} onChange={(event) => setAsset(event.target.value as Asset)}>
            {Object.entries(assets).map(([key, { name }]) => (
              <option key={key} value={key}>
                {name}
              </option>
            ))}
          </select>
        </div>
        <div className="field">
          <label htmlFor={`${id}-amount`}>Amount in {assets[asset].unit}</label>
          <input
            id={`${id}-amount`}
            inputMode="decimal"
            autoComplete="off"
            value={amount}
            onChange={(event) => setAmount(event.target.value)}
          />
        </div>
        <div className="field field-grow">
          <label htmlFor={`${id}-to`}>To account</label>
          <input
            id={`${id}-to`}
            autoComplete="off"
            spellCheck={false}
            placeholder="0x…"
            value={to}
            onChange={(event) => setTo(event.target.value)}
          />
        </div>
        <button type="submit" className="button" disabled={'problem' in draft}>
          Review
        </button>
      </form>
      <p role="status" className={sent === undefined && isTouched && 'problem' in draft ? 'text-fail' : 'hint'}>
        {sent !== undefined
          ? `Sent ${sent}.`
          : isTouched && 'problem' in draft
            ? draft.problem
            : 'You see everything once more before it goes out.'}
      </p>
      {isConfirming && !('problem' in draft) ? (
        <Modal title="Send this?" onClose={() => setIsConfirming(false)}>
          <p>
            <strong className="long-code">{draft.sentence}</strong>
          </p>
          <p>It cannot be taken back.</p>
          {action.error === undefined ? null : <ErrorNotice error={action.error} />}
          <div className="actions">
            <button type="button" className="button button-primary" disabled={action.isBusy} onClick={send}>
              {action.isBusy ? 'Sending …' : 'Send'}
            </button>
            <button type="button" className="button" onClick={() => setIsConfirming(false)}>
              Cancel
            </button>
          </div>
        </Modal>
      ) : null}
    </section>
  )
}
