/** A miner's work of an epoch: what it commits to and what it hands to validators (specs/0007-epochs.md section 2). */
import { type Hex, KoinonError, merkleRoot } from '@koinon/base'
import { type Check, checkThat, fail } from '@koinon/work'

/** One finished piece of work. Only the hash is committed; the id tells under which name its evidence is kept. */
export type WorkItem = { readonly receiptHash: Hex; readonly requestId: Hex }

/** A piece of work as a list shows it: with the receipt behind the hash, as JSON that nobody has looked at. */
export type ListedWork = WorkItem & { readonly receipt: unknown }

/** Most pieces a miner can commit in one epoch; those beyond are left out, the earliest stay. */
export const maximumWorkItems = 262_144

/** Root and count to commit. Throws `subnets/too-much-work`. */
export function workCommitmentOf(items: readonly WorkItem[]): { readonly root: Hex; readonly count: number } {
  if (items.length > maximumWorkItems) {
    throw new KoinonError({
      code: 'subnets/too-much-work',
      message: `${items.length} receipts in one epoch, at most ${maximumWorkItems} can be committed`,
    })
  }
  return { root: merkleRoot(items.map(({ receiptHash }) => receiptHash)), count: items.length }
}

/** Most pieces in one page of a list. */
export const maximumPageItems = 2_000

/** One page of a list as it travels, in the committed order (specs/0008-http.md section 3). */
export type WorkPage = {
  readonly netuid: number
  readonly epoch: number
  /** Number of pieces on all pages. */
  readonly count: number
  readonly offset: number
  readonly receipts: readonly (WorkItem & { readonly receipt?: unknown })[]
}

/** Cuts a page out of a list. */
export function workPage(
  items: readonly WorkItem[],
  page: { readonly netuid: number; readonly epoch: number; readonly offset: number; readonly limit: number },
): WorkPage {
  const { netuid, epoch, offset, limit } = page
  return {
    netuid,
    epoch,
    count: items.length,
    offset,
    receipts: items.slice(offset, offset + Math.min(limit, maximumPageItems)),
  }
}

/** Parses a page from a miner. Throws `subnets/bad-work-list`. */
export function parseWorkPage(json: unknown): { readonly count: number; readonly receipts: readonly ListedWork[] } {
  const { count, receipts } = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>
  if (!Number.isInteger(count) || (count as number) < 0 || (count as number) > maximumWorkItems) throw badList()
  if (!Array.isArray(receipts) || receipts.length > maximumPageItems) throw badList()
  return {
    count: count as number,
    receipts: receipts.map((item: Record<string, unknown> | null) => {
      const receiptHash = item?.['receiptHash']
      const requestId = item?.['requestId']
      if (typeof receiptHash !== 'string' || !/^0x[0-9a-f]{64}$/.test(receiptHash)) throw badList()
      if (typeof requestId !== 'string' || !/^0x[0-9a-f]{32}$/.test(requestId)) throw badList()
      return { receiptHash: receiptHash as Hex, requestId: requestId as Hex, receipt: item?.['receipt'] }
    }),
  }
}

/**
 * Check `list`: the list is the one that was committed, in its order, and names no receipt twice; repeating good ones would thin out
 * the sample.
 */
export function checkWorkList(
  items: readonly WorkItem[],
  commitment: { readonly root: Hex; readonly count: number },
): Check {
  const own = workCommitmentOf(items)
  const repeated = items.length - new Set(items.map(({ receiptHash }) => receiptHash)).size
  if (repeated > 0) return fail('list', `${repeated} of the ${items.length} listed receipts are repetitions`)
  return checkThat(
    'list',
    own.root === commitment.root && own.count === commitment.count,
    `${own.count} receipts with root ${own.root.slice(0, 12)}…, committed ${commitment.count} with ${commitment.root.slice(0, 12)}…`,
  )
}

/**
 * Check `committed` of a receipt that the validator holds itself: when its work ended inside the epoch the miner must have listed it,
 * otherwise it could show only its best work. Undefined when the receipt belongs to another epoch.
 */
export function checkCommitted(
  receipt: { readonly receiptHash: Hex; readonly endedAtMs: number },
  window: { readonly startsAtSeconds: number; readonly endsAtSeconds: number },
  listed: ReadonlySet<Hex>,
): Check | undefined {
  if (receipt.endedAtMs < window.startsAtSeconds * 1000 || receipt.endedAtMs >= window.endsAtSeconds * 1000)
    return undefined
  return checkThat(
    'committed',
    listed.has(receipt.receiptHash),
    `receipt ${receipt.receiptHash.slice(0, 12)}… of our own question is ${listed.has(receipt.receiptHash) ? '' : 'not '}in the committed list`,
  )
}

function badList(): KoinonError {
  return new KoinonError({ code: 'subnets/bad-work-list', message: 'The list of work is malformed' })
}
