import type { CommandStyle, PageSessionJson } from '@koinon/work/dashboard'
import { useCallback, useEffect, useMemo, useState } from 'react'
import type { Door } from './api/request.ts'
import type { SignIn } from './app-context.ts'
import { codeIn, type DoorRefusal, isRefusal, OwnerDoor, ownAddress } from './owner-door.ts'
import type { KeptStorage } from './receipts/receipt-shelf.ts'

const storageKey = 'koinon.key.v1'
const retryMs = 2500

/**
 * Signs in: with the local session where the owner opened the printed link, else with the key that was pasted into this tab. The
 * session is read anew when the gateway comes back, because its token ends with the gateway process.
 */
export function useSignIn(
  door: Door,
  tabStorage: KeptStorage | undefined,
  isReachable: boolean,
): { readonly signIn: SignIn; readonly useKey: (apiKey: string | undefined) => void } {
  const [local, setLocal] = useState<PageSessionJson | undefined>()
  const [program, setProgram] = useState<CommandStyle['program']>('koinon')
  const [refusal, setRefusal] = useState<DoorRefusal | undefined>()
  const [isLoading, setIsLoading] = useState(true)
  const [pasted, setPasted] = useState<string | undefined>(() => readKey(tabStorage))
  const [round, setRound] = useState(0)
  const [owner] = useState(() => new OwnerDoor(door, browserStorage(), ownAddress))
  useEffect(() => {
    if (!isReachable) return
    let isCurrent = true
    let timer: ReturnType<typeof setTimeout> | undefined
    owner.session().then(
      (session) => {
        if (!isCurrent) return
        setLocal(session.isSignedIn ? session : undefined)
        setProgram((session.isSignedIn ? session.command.program : session.program) ?? 'koinon')
        setRefusal(owner.refusal)
        setIsLoading(false)
      },
      (error: unknown) => {
        if (!isCurrent) return
        // Only a refusal says that this is not the owner's machine; silence says nothing.
        if (isRefusal(error)) {
          setLocal(undefined)
          setRefusal(owner.refusal)
          setIsLoading(false)
        } else timer = setTimeout(() => setRound((before) => before + 1), retryMs)
      },
    )
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
  }, [owner, isReachable, round])
  useEffect(() => {
    // A link that is opened in this tab changes the hash only.
    const look = (): void => {
      if (codeIn(location.hash) !== undefined) setRound((before) => before + 1)
    }
    addEventListener('hashchange', look)
    return () => removeEventListener('hashchange', look)
  }, [])
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
  const command = useMemo(() => local?.command ?? { program }, [local, program])
  return {
    signIn: { apiKey: pasted ?? ownKey, isPasted: pasted !== undefined, local, command, refusal, isLoading, refresh },
    useKey,
  }
}

/** Reading the property throws where storage is forbidden. */
function browserStorage(): KeptStorage | undefined {
  try {
    return localStorage
  } catch {
    return undefined
  }
}

function readKey(storage: KeptStorage | undefined): string | undefined {
  try {
    return storage?.getItem(storageKey) ?? undefined
  } catch {
    return undefined
  }
}
