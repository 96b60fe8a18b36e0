import type { AuditJson, ReceiptsJson } from '@koinon/work/dashboard'
import { useMemo } from 'react'
import { requestJson } from '../api/request.ts'
import { useApp } from '../app-context.ts'
import { useResource } from '../use-resource.ts'

/** Epochs of a local network last a minute, those of others far longer. */
const refreshMs = 15_000

/** What validators found on the last receipts of this key, by receipt id without 0x. Empty until known. */
export function useAudits(isWanted: boolean): ReadonlyMap<string, readonly AuditJson[]> {
  const { door, signIn } = useApp()
  const list = useResource(
    isWanted ? signIn.apiKey : undefined,
    () => requestJson<ReceiptsJson>(door, '/api/receipts?limit=50', { apiKey: signIn.apiKey }),
    refreshMs,
  )
  return useMemo(
    () => new Map(list.data?.receipts.map((receipt) => [receipt.id.replace(/^0x/, ''), receipt.checkedBy])),
    [list.data],
  )
}
