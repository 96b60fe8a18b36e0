import { useId, useState } from 'react'

/** Signs in with an API key where the gateway gives none by itself: to others than the owner, or when the owner's own key was revoked. */
export function KeyForm({ isOwner, onKey }: { readonly isOwner: boolean; readonly onKey: (apiKey: string) => void }) {
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
      <h2>Sign in with an API key</h2>
      {isOwner ? (
        <p>
          The key of this page was revoked. Create another one under <a href="#/wallet">Wallet & keys</a> and use it
          here. The key stays in this tab.
        </p>
      ) : (
        <p>
          Is this your machine? Open a new link with <code>koinon status</code>: one holds once, until the gateway is
          started anew. Else its owner can create a key for you on the page Wallet & keys. The key stays in this tab.
        </p>
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
