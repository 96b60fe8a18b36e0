import type { Check } from '@koinon/work'
import { HintText } from '../ui/command-text.tsx'
import { checkHop, checkQuestion, stateWords, tally } from './check-words.ts'

const symbols = { pass: '✓', fail: '✕', notChecked: '–' } as const

/** Every check with its state in words and its detail, grouped by hop. */
export function CheckList({ checks, label }: { readonly checks: readonly Check[]; readonly label: string }) {
  const hops = [...new Set(checks.map((check) => checkHop(check.name)))]
  return (
    <div className="checks" role="group" aria-label={label}>
      {hops.map((hop) => (
        <div key={hop} className="checks-of-hop">
          {hops.length > 1 ? <p className="checks-hop">{hopName(hop, hops.length)}</p> : null}
          <ul>
            {checks
              .filter((check) => checkHop(check.name) === hop)
              .map((check) => (
                <li key={check.name} className={`check check-${check.state}`}>
                  <span className="check-state">
                    <span aria-hidden="true">{symbols[check.state]}</span> {stateWords[check.state]}
                  </span>
                  <span className="check-body">
                    <strong>{checkQuestion(check.name)}</strong> <code>{check.name}</code>
                    <span className="check-detail">
                      <HintText text={check.detail} />
                    </span>
                  </span>
                </li>
              ))}
          </ul>
        </div>
      ))}
    </div>
  )
}

/** The whole verdict as three counts; failed checks are named. */
export function CheckCounts({ checks }: { readonly checks: readonly Check[] }) {
  const { passed, failed, notChecked } = tally(checks)
  const names = checks.filter((check) => check.state === 'fail').map((check) => check.name)
  return (
    <ul className="check-counts" aria-label="Checks so far">
      <li className="count-pass">
        <span aria-hidden="true">✓</span> {passed} passed
      </li>
      <li className={failed === 0 ? 'count-none' : 'count-fail'}>
        <span aria-hidden="true">✕</span> {failed} failed{names.length === 0 ? '' : `: ${names.join(', ')}`}
      </li>
      <li className="count-unknown">
        <span aria-hidden="true">–</span> {notChecked} not checked
      </li>
    </ul>
  )
}

function hopName(hop: number, hops: number): string {
  if (hop === 1) return 'What the gateway signed for you'
  return hop === hops && hops === 2 ? 'What the miner signed for the gateway' : `What hop ${hop} signed`
}
