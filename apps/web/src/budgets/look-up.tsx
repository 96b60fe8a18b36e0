import { useState } from 'react'

/** Asks for an owner's or a session key's account, and goes to its own address of the page. */
export function LookUp({ account = '' }: { readonly account?: string | undefined }) {
  const [typed, setTyped] = useState(account)
  const wanted = typed.trim().toLowerCase()
  const isAccount = /^0x[0-9a-f]{40}$/.test(wanted)
  return (
    <form
      className="panel"
      aria-label="Budgets of an account"
      onSubmit={(event) => {
        event.preventDefault()
        if (isAccount) location.hash = `#/budgets/${wanted}`
      }}
    >
      <label htmlFor="budget-account">An owner's or a session key's account, to see what the ledger knows of it</label>
      <div className="field-row">
        <input
          id="budget-account"
          value={typed}
          maxLength={64}
          autoComplete="off"
          spellCheck={false}
          placeholder="0x…"
          onChange={(event) => setTyped(event.target.value)}
        />
        <button type="submit" className="button button-primary" disabled={!isAccount}>
          Look
        </button>
      </div>
      {typed === '' || isAccount ? null : <p className="hint">An account is 0x and 40 digits of 0-9 and a-f.</p>}
    </form>
  )
}
