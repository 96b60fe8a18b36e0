import type { ReceiptSummaryJson } from '@koinon/work/dashboard'
import { summariseBundle } from './bundle-summary.ts'
import type { KeptReceipt } from './receipt-shelf.ts'

/** A receipt in the list. `isHere`: this browser hashed the bytes itself. */
export type ReceiptRow = ReceiptSummaryJson & { readonly isHere: boolean }

/** The gateway's list and this browser's, one row an id (without 0x), newest first. */
export function mergeReceipts(
  listed: readonly ReceiptSummaryJson[],
  kept: readonly KeptReceipt[],
): readonly ReceiptRow[] {
  const hashedHere = new Set(kept.filter((one) => one.responseHash !== undefined).map((one) => one.id))
  const rows = new Map<string, ReceiptRow>()
  for (const receipt of kept) {
    const summary = summariseBundle(receipt.bundle)
    if (summary === undefined) continue
    rows.set(receipt.id, {
      id: receipt.id,
      atMs: summary.endedAtMs,
      model: summary.model,
      provider: summary.provider,
      promptTokens: summary.promptTokens,
      outputTokens: summary.outputTokens,
      amountPicoUsd: summary.amountPicoUsd,
      firstByteMs: summary.firstByteMs,
      totalMs: summary.totalMs,
      state: 'kept in this browser',
      checkedBy: [],
      isHere: hashedHere.has(receipt.id),
    })
  }
  for (const receipt of listed) {
    const id = receipt.id.replace(/^0x/, '')
    rows.set(id, { ...receipt, id, isHere: hashedHere.has(id) })
  }
  return [...rows.values()].sort((a, b) => b.atMs - a.atMs)
}
