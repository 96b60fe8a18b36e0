/** A payer's own receipts, and this node's verdict on them. */
import type { IncomingMessage } from 'node:http'
import { type Clock, type Hex, KoinonError } from '@koinon/base'
import { type KeyRegistry, RateLimiter } from '@koinon/inference/client'
import type { ReceiptArchive } from '@koinon/payments/core'
import type { ReceiptsJson } from '@koinon/work/dashboard'
import type { EpochsView } from '../epochs/epochs-json.ts'
import type { IndexClient } from '../index-client.ts'
import { query, queryNumber, type Route } from '../route.ts'
import { listReceipts } from './receipts-json.ts'

const defaultListed = 50
/** Looks at receipts, of one payer with all its keys; a page looks every few seconds. */
const looksPerMinute = 300

export type ReceiptRouteSources = {
  readonly netuid: number
  readonly keys: Pick<KeyRegistry, 'authenticate'>
  readonly archive: ReceiptArchive
  readonly epochs: EpochsView
  readonly index: IndexClient
  readonly clock: Clock
  readonly ask: <result>(method: string, params: unknown) => Promise<result>
}

/** `/api/receipts` and `/api/receipts/{id}/verdict`. */
export function receiptRoutes(sources: ReceiptRouteSources): readonly Route[] {
  const { netuid, archive, epochs, index, ask, clock } = sources
  const limiter = new RateLimiter({ requestsPerMinute: looksPerMinute })
  /** Whose receipts are asked for. Throws 401, or 429 when that payer asks too often. */
  const payerOf = (request: IncomingMessage): Hex => {
    const { payer } = sources.keys.authenticate(request.headers.authorization).key
    const rate = limiter.take(payer, clock.nowMs())
    if (!rate.isAllowed) throw tooOften(rate.resetSeconds)
    return payer
  }
  return [
    {
      method: 'GET',
      path: /^\/api\/receipts$/,
      access: 'open',
      answer: async (request): Promise<ReceiptsJson> => {
        const payer = payerOf(request)
        const before = query(request).get('before')
        const audits = await epochs.audits(netuid).catch(() => new Map())
        const receipts = await listReceipts(
          archive,
          {
            payer,
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
        payerOf(request)
        const id = path.split('/')[3] as string
        const level = query(request).get('level') ?? 'L0'
        return ask('receipt.verdict', { id, level, authorization: request.headers.authorization })
      },
    },
  ]
}

function tooOften(resetSeconds: number): KoinonError {
  return new KoinonError({
    code: 'api/rate-limited',
    message: `Receipts may be looked at ${looksPerMinute} times a minute`,
    hint: `Wait ${resetSeconds} s and try again.`,
    retry: 'later',
    details: { status: 429, retryAfterSeconds: resetSeconds },
  })
}
