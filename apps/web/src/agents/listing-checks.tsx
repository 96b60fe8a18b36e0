import type { ListingCheckJson } from '@koinon/work/dashboard'
import { stateWords } from '../receipts/check-words.ts'

const symbols = { pass: '✓', fail: '✕', notChecked: '–' } as const

const questions: Readonly<Record<string, string>> = {
  wallet: 'Has the account that is paid proved itself?',
  file: 'Can its registration file be fetched and read?',
  content: 'Has the file the hash that the ledger names?',
  registration: 'Does the file name this agent?',
  domain: 'Do the domains of its services say that it is theirs?',
  record: 'Does the file name an agent of this network?',
  same: 'Does the ledger name this very address?',
  a2a: 'Is there an A2A card where it says?',
  mcp: 'Does the MCP server answer?',
  x402: 'Can its price be read, and is it paid to its wallet?',
}

/** Every check with its state in words, what was looked at, and how to mend what failed. What was looked at is text of strangers. */
export function ListingChecks({
  checks,
  label,
}: {
  readonly checks: readonly ListingCheckJson[]
  readonly label: string
}) {
  return (
    <ul className="listing-checks" aria-label={label}>
      {checks.map(({ name, state, detail, nextStep }, place) => (
        <li key={`${name} ${place}`} className={`check check-${state}`}>
          <span className="check-state">
            <span aria-hidden="true">{symbols[state]}</span> {stateWords[state]}
          </span>
          <span className="check-body">
            <strong>{questions[name] ?? name}</strong> <code>{name}</code>
            <span className="check-detail">{detail}</span>
            {state === 'fail' && nextStep !== undefined ? (
              <span className="check-step">To mend it: {nextStep}</span>
            ) : null}
          </span>
        </li>
      ))}
    </ul>
  )
}
