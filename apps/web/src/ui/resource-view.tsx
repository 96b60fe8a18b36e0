import type { ReactNode } from 'react'
import type { Resource } from '../use-resource.ts'
import { ErrorNotice } from './error-notice.tsx'

/** What was fetched, or that it is on its way, or why it did not come. */
export function ResourceView<value>(props: {
  readonly resource: Resource<value>
  /** What is being read, as it stands in "Reading … …". */
  readonly what: string
  readonly children: (value: value) => ReactNode
}) {
  const { resource, what, children } = props
  if (resource.data !== undefined) return children(resource.data)
  if (resource.error === undefined) return <p className="loading">Reading {what} …</p>
  return (
    <ErrorNotice error={resource.error}>
      <button type="button" className="button" onClick={resource.reload}>
        Load again
      </button>
    </ErrorNotice>
  )
}
