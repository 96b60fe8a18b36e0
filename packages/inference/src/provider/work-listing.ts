import { type Hex, KoinonError } from '@koinon/base'
import type { ProviderModules } from './provider-options.ts'

const maximumPage = 10_000

/** One page of what a provider commits for an epoch (specs/0007-epochs.md section 2), leaves in the order of the commitment. */
export type WorkListing = {
  readonly netuid: number
  readonly epoch: number
  /** Number of all leaves. */
  readonly count: number
  readonly offset: number
  readonly receipts: readonly { readonly requestId: Hex; readonly receiptHash: Hex }[]
}

/** Reads `/v1/work/{netuid}/{epoch}?offset=&limit=`. Throws `provider/unknown-epoch`. */
export async function workListing(url: string, payee: Hex, modules: ProviderModules): Promise<WorkListing> {
  const match = /^\/v1\/work\/([0-9]{1,6})\/([0-9]{1,9})(?:\?(.*))?$/.exec(url)
  const netuid = Number(match?.[1])
  const epoch = Number(match?.[2])
  const window = match === null ? undefined : modules.epochWindow(netuid, epoch)
  if (window === undefined) {
    throw new KoinonError({
      code: 'provider/unknown-epoch',
      message: 'This subnet or epoch is not known here',
      retry: 'later',
      details: { status: 404 },
    })
  }
  const query = new URLSearchParams(match?.[3] ?? '')
  const offset = readCount(query.get('offset'), 0)
  const limit = Math.min(maximumPage, readCount(query.get('limit'), maximumPage))
  const all = await modules.payments.ledger.archive.endedBetween({ payee, ...window })
  const receipts = all.slice(offset, offset + limit).map(({ requestId, receiptHash }) => ({ requestId, receiptHash }))
  return { netuid, epoch, count: all.length, offset, receipts }
}

function readCount(text: string | null, fallback: number): number {
  return text !== null && /^[0-9]{1,9}$/.test(text) ? Number(text) : fallback
}
