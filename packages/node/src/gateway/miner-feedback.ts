/** The gateway's word about miners that it paid (specs/0023-identity-and-reputation.md section 4). */
import { FeedbackBook, FeedbackWriter, findAgentOf, type PaidCallRecord } from '@koinon/agents/client'
import { type Address, systemClock } from '@koinon/base'
import type { DurableStore } from '@koinon/base/node'
import type { ReceiptArchive } from '@koinon/payments/core'
import { epochAt, epochWindow, type SubnetLedger } from '@koinon/subnets'
import type { Logger } from 'pino'
import { saveDocument } from '../home/documents.ts'
import type { RoleLedger } from '../roles/role-tools.ts'

export type MinerFeedbackOptions = {
  readonly role: RoleLedger
  /** Opened with `feedbackSchema` among its tables. */
  readonly store: DurableStore
  readonly archive: ReceiptArchive
  readonly ledger: Pick<SubnetLedger, 'clock' | 'nowSeconds'>
  readonly netuid: number
  readonly log: Logger
}

/** Receipts read in one look; the newest, where there were more. */
const mostReceipts = 500
const daySeconds = 86_400
/** 16 of about 180,000 gas a day where gas costs money. */
const mostPerEpoch = { embedded: 64, external: 16 } as const

/** Writes once an epoch where gas is free and once a day elsewhere. */
export function openMinerFeedback({ role, store, archive, ledger, netuid, log }: MinerFeedbackOptions): FeedbackWriter {
  const kind = role.network.chainKind === 'embedded' ? 'embedded' : 'external'
  const publish = (file: Uint8Array) => saveDocument(role.home, file)
  return new FeedbackWriter({
    book: new FeedbackBook({ store, account: role, publish, mostPerEpoch: mostPerEpoch[kind] }),
    paidSince: (sinceMs) => paidSince(archive, role.key.address, sinceMs),
    agentOf: (payee) => findAgentOf(role, payee),
    epochNow: async () => {
      const nowSeconds = await ledger.nowSeconds()
      if (kind === 'external') {
        const epoch = Math.floor(nowSeconds / daySeconds)
        return { epoch, startsAtMs: epoch * daySeconds * 1000 }
      }
      const clock = await ledger.clock(netuid)
      const epoch = epochAt(clock, nowSeconds)
      return { epoch, startsAtMs: epochWindow(clock, epoch).startsAtSeconds * 1000 }
    },
    clock: systemClock,
    onEvent: (event) => {
      if (event.kind === 'failed') return log.warn(event, 'could not rate miners; trying again')
      const { agentId, epoch, calls, gasUsed } = event.feedback
      log.info({ agentId: `${agentId}`, epoch, calls, gasUsed: `${gasUsed ?? 0n}` }, 'rated a miner on the ledger')
    },
  })
}

/** Calls that this account paid upstream for; what it answered without a miner has no second receipt. */
async function paidSince(
  archive: ReceiptArchive,
  account: Address,
  sinceMs: number,
): Promise<readonly PaidCallRecord[]> {
  const calls: PaidCallRecord[] = []
  for (const { requestId, payer, upstreamPayee, endedAtMs } of await archive.list({ limit: mostReceipts })) {
    if (endedAtMs < sinceMs) break
    const bundle = upstreamPayee === undefined ? undefined : await archive.byId(requestId, payer)
    const hops = bundle?.hops.slice(1) ?? []
    const receipt = hops[0]?.receipt
    if (receipt === undefined || receipt.payer !== account) continue
    calls.push({ callId: `${payer} ${requestId}`, payee: receipt.payee, endedAtMs, bundle: { v: 1, hops } })
  }
  return calls
}
