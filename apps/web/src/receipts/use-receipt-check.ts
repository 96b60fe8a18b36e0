import { type ErrorJson, errorToJson } from '@koinon/base'
import type { Check } from '@koinon/work'
import { useCallback, useEffect, useState } from 'react'
import type { ReceiptCheckInput } from './check-receipt.ts'

/** The browser's own check: `checks` once it has run, `round` counts the runs. */
export type ReceiptCheckState = {
  readonly checks: readonly Check[] | undefined
  readonly error: ErrorJson | undefined
  readonly checkedAtMs: number | undefined
  readonly check: () => void
}

/** Loads the checker and runs it when `key` is there and whenever `check` is called. */
export function useReceiptCheck(key: string | undefined, input: ReceiptCheckInput): ReceiptCheckState {
  const [state, setState] = useState<Omit<ReceiptCheckState, 'check'>>({
    checks: undefined,
    error: undefined,
    checkedAtMs: undefined,
  })
  const [round, setRound] = useState(0)
  const { bundle, expectedId, requestHash, responseHash, chainId } = input
  useEffect(() => {
    if (key === undefined) return
    let isCurrent = true
    import('./check-receipt.ts').then(
      ({ checkReceipt }) => {
        if (!isCurrent) return
        const { checks } = checkReceipt({ bundle, expectedId, requestHash, responseHash, chainId })
        setState({ checks, error: undefined, checkedAtMs: Date.now() })
      },
      (error: unknown) =>
        isCurrent && setState({ checks: undefined, error: errorToJson(error), checkedAtMs: undefined }),
    )
    return () => {
      isCurrent = false
    }
  }, [key, round, bundle, expectedId, requestHash, responseHash, chainId])
  return { ...state, check: useCallback(() => setRound((before) => before + 1), []) }
}
