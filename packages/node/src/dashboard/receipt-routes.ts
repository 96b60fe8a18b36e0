/** A payer's own receipts, and this node's verdict on them. */
import type { Hex } from '@koinon/base'
import type { KeyRegistry } from '@koinon/inference/client'
import type { ReceiptArchive } from '@koinon/payments'
import type { EpochsView } from './epochs-json.ts'
import type { IndexClient } from './index-client.ts'
import { listReceipts } from './receipts-json.ts'
import { query, queryNumber, type Route } from './route.ts'

const defaultListed = 50

export type ReceiptRouteSources = {
  readonly netuid: number
  readonly keys: Pick<KeyRegistry, 'authenticate'>
  readonly archive: ReceiptArchive
  readonly epochs: EpochsView
  readonly index: IndexClient
  readonly ask: <result>(method: string, params: unknown) => Promise<result>
}

/** `/api/receipts` and `/api/receipts/{id}/verdict`. */
export function receiptRoutes(sources: ReceiptRouteSources): readonly Route[] {
  const { netuid, keys, archive, epochs, index, ask } = sources
  return [
    {
      method: 'GET',
      path: /^\/api\/receipts$/,
      access: 'open',
      answer: async (request) => {
        const { key } = keys.authenticate(request.headers.authorization)
        const before = query(request).get('before')
        const audits = await epochs.audits(netuid).catch(() => new Map())
        const receipts = await listReceipts(
          archive,
          {
            payer: key.payer,
            limit: queryNumber(request, 'limit', defaultListed),
            ...(before !== null && /^0x[0-9a-f]{32}$/.test(before) ? { before: before as Hex } : {}),
          },
          audits,
        )
        return { asOfBlock: (await index.position()).asOfBlock, receipts }
      },
    },
    {
      method: 'GET',
      path: /^\/api\/receipts\/(0x)?[0-9a-f]{32}\/verdict$/,
      access: 'local',
      answer: async (request, path) => {
        keys.authenticate(request.headers.authorization)
        const id = path.split('/')[3] as string
        const level = query(request).get('level') ?? 'L0'
        return ask('receipt.verdict', { id, level, authorization: request.headers.authorization })
      },
    },
  ]
}
