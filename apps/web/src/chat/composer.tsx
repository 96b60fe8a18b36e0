import type { ModelJson } from '@koinon/work/dashboard'
import { useId, useState } from 'react'
import { formatPicoUsd, readAmount } from '../format/money.ts'

/** The question box: Enter sends, Shift+Enter starts a new line, the button stops a running answer. */
export function Composer(props: {
  readonly models: readonly ModelJson[]
  readonly model: string
  readonly onModel: (model: string) => void
  readonly isRunning: boolean
  readonly isReady: boolean
  readonly placeholder: string
  readonly onSend: (question: string) => void
  readonly onStop: () => void
}) {
  const { models, model, onModel, isRunning, isReady, placeholder, onSend, onStop } = props
  const id = useId()
  const [text, setText] = useState('')
  const send = (): void => {
    if (text.trim() === '' || isRunning || !isReady) return
    onSend(text)
    setText('')
  }
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <label htmlFor={`${id}-question`} className="visually-hidden">
        Your question
      </label>
      <textarea
        id={`${id}-question`}
        rows={2}
        placeholder={placeholder}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
          event.preventDefault()
          send()
        }}
      />
      <div className="composer-row">
        <div className="model-picker">
          <label htmlFor={`${id}-model`}>Model</label>
          <select id={`${id}-model`} value={model} onChange={(event) => onModel(event.target.value)}>
            <option value="default">default (the network chooses)</option>
            {models.map((one) => (
              <option key={one.id} value={one.id}>
                {[one.name, one.quantisation].filter((part) => part !== undefined && part !== '').join(' · ')}
              </option>
            ))}
          </select>
          <PriceHint models={models} model={model} />
        </div>
        {isRunning ? (
          <button type="button" className="button button-stop" onClick={onStop}>
            <span aria-hidden="true">■</span> Stop
          </button>
        ) : (
          <button type="submit" className="button button-primary" disabled={!isReady || text.trim() === ''}>
            Ask
          </button>
        )}
      </div>
    </form>
  )
}

/** The price that the offer states. For `default` it is only known when there is a single model. */
function PriceHint({ models, model }: { readonly models: readonly ModelJson[]; readonly model: string }) {
  const offered = model === 'default' && models.length === 1 ? models[0] : models.find((one) => one.id === model)
  const prompt = readAmount(offered?.promptPricePicoUsdPerToken)
  const output = readAmount(offered?.outputPricePicoUsdPerToken)
  if (prompt === undefined || output === undefined) return null
  return (
    <span className="hint">
      {formatPicoUsd(prompt * 1_000_000n)} in · {formatPicoUsd(output * 1_000_000n)} out per million tokens
    </span>
  )
}
