import { useCallback, useEffect, useState } from 'react'
import { type Door, requestJson } from './api/request.ts'
import type { SessionJson } from './api/types.ts'
import type { SignIn } from './app-context.ts'
import type { KeptStorage } from './receipts/receipt-shelf.ts'

const storageKey = 'koinon.key.v1'

/** Signs in: with the local session where the gateway offers one, else with the key that was pasted into this tab. */
export function useSignIn(
  door: Door,
  tabStorage: KeptStorage | undefined,
): { readonly signIn: SignIn; readonly useKey: (apiKey: string | undefined) => void } {
  const [local, setLocal] = useState<SessionJson | undefined>()
  const [isLoading, setIsLoading] = useState(true)
  const [pasted, setPasted] = useState<string | undefined>(() => readKey(tabStorage))
  useEffect(() => {
    let isCurrent = true
    requestJson<SessionJson>(door, '/api/session')
      .then(
        (session) => isCurrent && typeof session?.apiKey === 'string' && setLocal(session),
        () => undefined,
      )
      .finally(() => isCurrent && setIsLoading(false))
    return () => {
      isCurrent = false
    }
  }, [door])
  const useKey = useCallback(
    (apiKey: string | undefined) => {
      setPasted(apiKey)
      try {
        if (apiKey === undefined) tabStorage?.removeItem(storageKey)
        else tabStorage?.setItem(storageKey, apiKey)
      } catch {
        // Without storage the key lives as long as the page.
      }
    },
    [tabStorage],
  )
  return { signIn: { apiKey: pasted ?? local?.apiKey, local, isLoading }, useKey }
}

function readKey(storage: KeptStorage | undefined): string | undefined {
  try {
    return storage?.getItem(storageKey) ?? undefined
  } catch {
    return undefined
  }
}
