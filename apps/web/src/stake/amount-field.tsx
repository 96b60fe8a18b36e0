import { useId } from 'react'
import { exactText } from './draft-amount.ts'
import { formatAlpha } from './worth.ts'

/** A field for KOIN (`netuid` 0) or alpha, with what is there and a button that takes all of it. */
export function AmountField(props: {
  readonly label: string
  readonly netuid: number
  readonly held: bigint
  readonly value: string
  readonly problem: string | undefined
  readonly onValue: (value: string) => void
}) {
  const { label, netuid, held, value, problem, onValue } = props
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="field-row field-row-tight">
        <input
          id={id}
          inputMode="decimal"
          autoComplete="off"
          value={value}
          aria-invalid={problem !== undefined}
          aria-describedby={`${id}-hint`}
          onChange={(event) => onValue(event.target.value)}
        />
        <button type="button" className="button" disabled={held === 0n} onClick={() => onValue(exactText(held))}>
          All
        </button>
      </div>
      <p id={`${id}-hint`} className={problem === undefined ? 'hint' : 'hint text-fail'}>
        {problem ?? `You have ${formatAlpha(netuid, held)}.`}
      </p>
    </div>
  )
}
