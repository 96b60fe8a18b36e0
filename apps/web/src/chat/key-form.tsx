import { useId, useState } from 'react'
import type { DoorRefusal } from '../owner-door.ts'
import { newLinkSentence, refusalSentence } from '../shell/door-words.ts'
import { HintText } from '../ui/command-text.tsx'

/** Signs in with an API key where the gateway gives none by itself: to others than the owner, or when the owner's own key was revoked. */
export function KeyForm(props: {
  readonly isOwner: boolean
  readonly refusal: DoorRefusal | undefined
  readonly onKey: (apiKey: string) => void
}) {
  const { isOwner, refusal, onKey } = props
  const id = useId()
  const [text, setText] = useState('')
  const isKey = /^sk-koinon-[A-Za-z0-9_-]{43}$/.test(text.trim())
  return (
    <form
      className="panel key-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (isKey) onKey(text.trim())
      }}
    >
      <h2>{isOwner ? 'Sign in with an API key' : 'Sign in'}</h2>
      {isOwner ? (
        <p>
          The key of this page was revoked. Create another one under <a href="#/wallet">Wallet & keys</a> and use it
          here. The key stays in this tab.
        </p>
      ) : (
        <>
          {refusal === undefined ? null : <p role="alert">{refusalSentence(refusal)}</p>}
          <p>
            Is this your machine? <HintText text={newLinkSentence} />
          </p>
          <p>Is it somebody else's? Its owner can make a key for you. The key stays in this tab.</p>
        </>
      )}
      <label htmlFor={id}>API key</label>
      <div className="field-row">
        <input
          id={id}
          type="password"
          autoComplete="off"
          spellCheck={false}
          placeholder="sk-koinon-…"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" className="button button-primary" disabled={!isKey}>
          Use this key
        </button>
      </div>
      <p className="hint">
        A key is sk-koinon- and 43 characters. It can spend up to its deposit, so keep it to yourself.
      </p>
    </form>
  )
}
