import type { ErrorJson } from '@koinon/base'
import type { ReactNode } from 'react'
import { InlineText } from './inline-text.tsx'

/** An error as a sentence, its next step, and its code for those who look it up. `children` are the ways out. */
export function ErrorNotice({ error, children }: { readonly error: ErrorJson; readonly children?: ReactNode }) {
  return (
    <div className="notice notice-fail" role="alert">
      <p className="notice-title">
        <InlineText text={error.message} />
      </p>
      {error.hint === undefined ? null : (
        <p>
          <InlineText text={error.hint} />
        </p>
      )}
      <p className="notice-code">
        Code <code>{error.code}</code>
        {error.retry === 'unknown' ? ' · the outcome is unknown, it may have happened' : ''}
      </p>
      {children === undefined ? null : <div className="actions">{children}</div>}
    </div>
  )
}
