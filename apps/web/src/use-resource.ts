import { type ErrorJson, errorToJson } from '@koinon/base'
import { useCallback, useEffect, useRef, useState } from 'react'

/** Something that is fetched. Old data stays, labelled by `error`, when a later fetch fails. */
export type Resource<value> = {
  readonly data: value | undefined
  readonly error: ErrorJson | undefined
  readonly isLoading: boolean
  readonly reload: () => void
}

/** Fetches when `key` changes and every `everyMs`, if given. A key of undefined means: not yet. */
export function useResource<value>(
  key: string | undefined,
  load: () => Promise<value>,
  everyMs?: number,
): Resource<value> {
  const [state, setState] = useState<{ key?: string | undefined; data?: value; error?: ErrorJson | undefined }>({})
  const [round, setRound] = useState(0)
  const latest = useRef(load)
  latest.current = load
  useEffect(() => {
    if (key === undefined) return
    let isCurrent = true
    latest.current().then(
      (data) => isCurrent && setState({ key, data }),
      (error: unknown) =>
        isCurrent &&
        setState((old) =>
          old.key === key ? { ...old, error: errorToJson(error) } : { key, error: errorToJson(error) },
        ),
    )
    const timer = everyMs === undefined ? undefined : setTimeout(() => setRound(round + 1), everyMs)
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
  }, [key, round, everyMs])
  const reload = useCallback(() => setRound((before) => before + 1), [])
  const isMine = state.key === key
  return {
    data: isMine ? state.data : undefined,
    error: isMine ? state.error : undefined,
    isLoading: key !== undefined && !(isMine && (state.data !== undefined || state.error !== undefined)),
    reload,
  }
}
