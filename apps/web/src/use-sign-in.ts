import { isKoinonError } from '@koinon/base'
import { useCallback, useEffect, useState } from 'react'
import { type Door, requestJson } from './api/request.ts'
import type { SessionJson } from './api/types.ts'
import type { SignIn } from './app-context.ts'
import type { KeptStorage } from './receipts/receipt-shelf.ts'

const storageKey = 'koinon.key.v1'
const retryMs = 2500

/**
 * Signs in: with the local session where the gateway offers one, else with the key that was pasted into this tab. The session is
 * read anew when the gateway comes back, because its token lives as long as its process.
 */
export function useSignIn(
  door: Door,
  tabStorage: KeptStorage | undefined,
  isReachable: boolean,
): { readonly signIn: SignIn; readonly useKey: (apiKey: string | undefined) => void } {
  const [local, setLocal] = useState<SessionJson | undefined>()
  const [isLoading, setIsLoading] = useState(true)
  const [pasted, setPasted] = useState<string | undefined>(() => readKey(tabStorage))
  const [round, setRound] = useState(0)
  useEffect(() => {
    if (!isReachable) return
    let isCurrent = true
    let timer: ReturnType<typeof setTimeout> | undefined
    requestJson<SessionJson>(door, '/api/session').then(
      (session) => {
        if (!isCurrent) return
        setLocal(typeof session?.apiKey === 'string' ? session : undefined)
        setIsLoading(false)
      },
      (error: unknown) => {
        if (!isCurrent) return
        // Only a refusal says that this is not the owner's machine; silence says nothing.
        if (isRefusal(error)) setLocal(undefined)
        if (isRefusal(error)) setIsLoading(false)
        else timer = setTimeout(() => setRound((before) => before + 1), retryMs)
      },
    )
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
  }, [door, isReachable, round])
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
  const refresh = useCallback(() => setRound((before) => before + 1), [])
  // The session of an owner whose page key was revoked names no key.
  const ownKey = local?.apiKey === '' ? undefined : local?.apiKey
  return { signIn: { apiKey: pasted ?? ownKey, isPasted: pasted !== undefined, local, isLoading, refresh }, useKey }
}

function isRefusal(error: unknown): boolean {
  const status = isKoinonError(error) ? error.details?.['status'] : undefined
  return typeof status === 'number' && status >= 400 && status < 500 && status !== 429
}

function readKey(storage: KeptStorage | undefined): string | undefined {
  try {
    return storage?.getItem(storageKey) ?? undefined
  } catch {
    return undefined
  }
}
