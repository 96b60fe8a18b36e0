import type { Address } from '@koinon/base'
import type { ReceiptLedger } from '@koinon/payments/core'
import type { EpochWindow, WorkItem } from '@koinon/subnets'

/** What a miner commits of its books, and what it shows of it to validators. */
export function createListedWork(ledger: Pick<ReceiptLedger, 'archive' | 'closeBefore'>, payee: Address) {
  return {
    /** All that ended in the epoch, once no more of it can come. */
    async workOf({ startsAtSeconds, endsAtSeconds }: EpochWindow): Promise<readonly WorkItem[]> {
      const [fromMs, toMs] = [startsAtSeconds * 1000, endsAtSeconds * 1000]
      await ledger.closeBefore(toMs)
      return ledger.archive.endedBetween({ payee, fromMs, toMs })
    },
    receiptsOf: (items: readonly WorkItem[]): Promise<readonly unknown[]> => ledger.archive.shown(items),
  }
}
