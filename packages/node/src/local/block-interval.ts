import type { LedgerReader } from '@koinon/ledger'

const blocksLookedAt = 10

/** Usual seconds between a ledger's latest blocks; 0 on a chain that mines on demand and was just used. */
export async function blockIntervalSeconds(reader: LedgerReader): Promise<number> {
  const head = await reader.getBlockNumber({ cacheTime: 0 })
  const oldest = head > BigInt(blocksLookedAt) ? head - BigInt(blocksLookedAt) : 0n
  const numbers = Array.from({ length: Number(head - oldest) + 1 }, (_, index) => oldest + BigInt(index))
  const blocks = await Promise.all(numbers.map((blockNumber) => reader.getBlock({ blockNumber })))
  const times = blocks.map(({ timestamp }) => Number(timestamp))
  return medianGap(times)
}

/** Median of the distances between ascending times; 0 for fewer than two. */
export function medianGap(times: readonly number[]): number {
  const gaps = times.slice(1).map((time, index) => time - (times[index] as number))
  return gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 0
}
