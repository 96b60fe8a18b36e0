import type { ReactNode } from 'react'
import { useIsNarrow } from './use-is-narrow.ts'

/** A list that stands open on wide screens and waits behind its name on narrow ones. */
export function Fold({ summary, children }: { readonly summary: string; readonly children: ReactNode }) {
  const isNarrow = useIsNarrow()
  return (
    <details className="fold" open={!isNarrow}>
      <summary>{summary}</summary>
      {children}
    </details>
  )
}
