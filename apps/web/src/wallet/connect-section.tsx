import { useId, useState } from 'react'
import { useTyped } from '../app-context.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { snippets } from './snippets.ts'

/** Base URL, key of this page, and programs to copy. `onForget` puts a key away that was brought to this tab. */
export function ConnectSection(props: {
  readonly apiKey: string | undefined
  readonly onForget: (() => void) | undefined
}) {
  const { apiKey, onForget } = props
  const id = useId()
  const baseUrl = `${location.origin}/v1`
  const typed = useTyped()
  const all = snippets(baseUrl).map(({ name, text }) => ({ name, text: typed(text) }))
  const [chosen, setChosen] = useState(0)
  const [isShown, setIsShown] = useState(false)
  const snippet = all[chosen] ?? all[0]
  if (snippet === undefined) return null
  return (
    <section className="panel" aria-labelledby="connect-title">
      <h2 id="connect-title">Use it from a program</h2>
      <p>Any OpenAI client works: give it this base URL and a key.</p>
      <p className="account-line">
        <span>
          Base URL <code className="long-code">{baseUrl}</code>
        </span>{' '}
        <CopyButton text={baseUrl} what="the base URL" />
      </p>
      {apiKey === undefined ? null : (
        <p className="account-line">
          <span>
            Key of this page <code className="long-code">{isShown ? apiKey : `${apiKey.slice(0, 14)}…`}</code>
          </span>{' '}
          <button type="button" className="button button-small" onClick={() => setIsShown(!isShown)}>
            {isShown ? 'Hide the key' : 'Show the key'}
          </button>{' '}
          <CopyButton text={apiKey} what="the key of this page" />
          {onForget === undefined ? null : (
            <button type="button" className="button button-small" onClick={onForget}>
              Forget it in this tab
            </button>
          )}
        </p>
      )}
      <fieldset className="segmented">
        <legend className="visually-hidden">Language</legend>
        {all.map((one, index) => (
          <label key={one.name}>
            <input type="radio" name={`${id}-language`} checked={index === chosen} onChange={() => setChosen(index)} />
            <span>{one.name}</span>
          </label>
        ))}
      </fieldset>
      <div className="snippet">
        <pre tabIndex={0} aria-label={`Example in ${snippet.name}`}>
          <code>{snippet.text}</code>
        </pre>
        <CopyButton text={snippet.text} what={`the ${snippet.name} example`} />
      </div>
    </section>
  )
}
