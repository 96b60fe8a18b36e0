/** How much KOIN people brought into each pool and took out of it lately, by trades; what the emission puts in is not among it. */
import type { ArgumentSum } from '@koinon/ledger/indexer'
import type { KoinFlowJson } from '@koinon/work/dashboard'
import type { IndexClient } from '../index-client.ts'

const flowSeconds = 86_400

/** By netuid and the second in which its pool was opened. Fees are burned and count on no side. */
export async function readKoinFlows(
  index: IndexClient,
  nowSeconds: number,
): Promise<(netuid: number, openedAtSeconds: number) => KoinFlowJson> {
  const daySeconds = Math.max(0, nowSeconds - flowSeconds)
  const trades = { contract: 'pools', by: 'netuid', sinceSeconds: daySeconds } as const
  const [given, fees, taken] = await Promise.all([
    index.sums({ ...trades, names: ['Bought'], sum: 'koinIn' }),
    index.sums({ ...trades, names: ['Bought'], sum: 'fee' }),
    index.sums({ ...trades, names: ['Sold'], sum: 'koinOut' }),
  ])
  const [brought, burned, out] = [given, fees, taken].map(({ result }) => byNetuid(result))
  return (netuid, openedAtSeconds) => {
    const came = (brought?.get(netuid) ?? 0n) - (burned?.get(netuid) ?? 0n)
    const left = out?.get(netuid) ?? 0n
    return {
      sinceSeconds: Math.max(daySeconds, openedAtSeconds),
      inAtomic: `${came}`,
      outAtomic: `${left}`,
      netAtomic: `${came - left}`,
    }
  }
}

function byNetuid(sums: readonly ArgumentSum[]): ReadonlyMap<number, bigint> {
  return new Map(sums.map(({ key, sum }) => [Number(key), BigInt(sum)]))
}
