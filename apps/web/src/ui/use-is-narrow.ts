import { useSyncExternalStore } from 'react'

/** Where tables become cards; as in data.css. */
const narrow = '(max-width: 56rem)'

/** Whether the window is too narrow for tables. */
export function useIsNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => matchMedia(narrow).matches)
}

function subscribe(listener: () => void): () => void {
  const query = matchMedia(narrow)
  query.addEventListener('change', listener)
  return () => query.removeEventListener('change', listener)
}
