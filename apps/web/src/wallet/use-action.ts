import { type ErrorJson, errorToJson } from '@koinon/base'
import { useState } from 'react'

/** Runs one thing at a time and keeps its error for the person. */
export function useAction(): {
  readonly isBusy: boolean
  readonly error: ErrorJson | undefined
  readonly run: (work: () => Promise<void>) => void
} {
  const [isBusy, setIsBusy] = useState(false)
  const [error, setError] = useState<ErrorJson | undefined>()
  const run = (work: () => Promise<void>): void => {
    if (isBusy) return
    setIsBusy(true)
    setError(undefined)
    work()
      .catch((cause: unknown) => setError(errorToJson(cause)))
      .finally(() => setIsBusy(false))
  }
  return { isBusy, error, run }
}
