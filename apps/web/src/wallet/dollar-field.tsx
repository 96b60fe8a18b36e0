import { dollarDecimals, isKoinonError, parseUnits } from '@koinon/base'
import { useId } from 'react'

/** Atomic dollar units of what was typed; undefined for anything that is not an amount above zero. */
export function readDollars(text: string): bigint | undefined {
  try {
    const atomic = parseUnits(text.replace(/^\$/, ''), dollarDecimals)
    return atomic > 0n ? atomic : undefined
  } catch (error) {
    if (isKoinonError(error)) return undefined
    throw error
  }
}

/** A field for dollars. */
export function DollarField(props: {
  readonly label: string
  readonly value: string
  readonly onValue: (value: string) => void
  readonly hint: string
}) {
  const id = useId()
  const isWrong = props.value.trim() !== '' && readDollars(props.value) === undefined
  return (
    <div className="field">
      <label htmlFor={id}>{props.label}</label>
      <div className="dollar-input">
        <span aria-hidden="true">$</span>
        <input
          id={id}
          inputMode="decimal"
          autoComplete="off"
          value={props.value}
          aria-invalid={isWrong}
          aria-describedby={`${id}-hint`}
          onChange={(event) => props.onValue(event.target.value)}
        />
      </div>
      <p id={`${id}-hint`} className={isWrong ? 'hint text-fail' : 'hint'}>
        {isWrong ? 'Write a plain number above zero with at most 6 places, for example 1.50.' : props.hint}
      </p>
    </div>
  )
}
