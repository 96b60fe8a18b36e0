/** `GET /api/receipts`: what one payer asked, as a list for people. */

import type { Hex } from '@koinon/base'
import { readInferenceWork } from '@koinon/inference/rules'
import type { ReceiptArchive } from '@koinon/payments/core'
import type { AuditJson, ReceiptSummaryJson } from '@koinon/work/dashboard'

const maximumListed = 200

/** Newest first; `before` is a receipt id. Work details come from the worker's own receipt. */
export async function listReceipts(
  archive: ReceiptArchive,
  query: { readonly payer: Hex; readonly limit: number; readonly before?: Hex },
  audits: ReadonlyMap<string, readonly AuditJson[]>,
): Promise<readonly ReceiptSummaryJson[]> {
  const { payer, before } = query
  const summaries = await archive.list({
    payer,
    limit: Math.min(query.limit, maximumListed),
    ...(before === undefined ? {} : { before }),
  })
  return Promise.all(
    summaries.map(async (summary) => {
      const bundle = await archive.byId(summary.requestId, payer)
      const worker = bundle?.hops.at(-1)
      const work = worker === undefined ? undefined : readInferenceWork(worker)
      return {
        id: summary.requestId,
        atMs: summary.receivedAtMs,
        model: work?.model ?? '',
        provider: summary.upstreamPayee ?? summary.payee,
        promptTokens: work?.promptTokens ?? 0,
        outputTokens: work?.outputTokens ?? 0,
        amountPicoUsd: `${summary.amountPicoUsd}`,
        firstByteMs: summary.firstByteAtMs - summary.receivedAtMs,
        totalMs: summary.endedAtMs - summary.receivedAtMs,
        state: 'final',
        checkedBy: audits.get(summary.requestId) ?? [],
      }
    }),
  )
}
