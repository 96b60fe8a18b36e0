import type { ErrorJson } from '@koinon/base'
import type { ReactNode } from 'react'
import { HintText } from './command-text.tsx'
import { InlineText } from './inline-text.tsx'

/** An error as a sentence, its next step, and its code for those who look it up. `children` are the ways out, beside the wallet where that is one. */
export function ErrorNotice({ error, children }: { readonly error: ErrorJson; readonly children?: ReactNode }) {
  return (
    <div className="notice notice-fail" role="alert">
      <p className="notice-title">
        <InlineText text={error.message} />
      </p>
      {error.hint === undefined ? null : (
        <p>
          <HintText text={error.hint} />
        </p>
      )}
      <p className="notice-code">
        Code <code>{error.code}</code>
        {error.retry === 'unknown' ? ' · the outcome is unknown, it may have happened' : ''}
      </p>
      {children === undefined && !needsWallet(error) ? null : (
        <div className="actions">
          {needsWallet(error) ? (
            <a className="button" href="#/wallet">
              Open Wallet & keys
            </a>
          ) : null}
          {children}
        </div>
      )}
    </div>
  )
}

/** True when the way out is another key or a larger deposit. */
function needsWallet(error: ErrorJson): boolean {
  return error.retry === 'never' && /402|401|funds|empty|key|deposit|quota/.test(error.code)
}
