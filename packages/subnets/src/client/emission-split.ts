/** How a subnet's new alpha is divided, and what its last whole epoch brought each part (specs/0020-pool-emission.md sections 2 and 5). */
import { poolEmissionAbi } from '@koinon/ledger/abis'
import type { SplitJson } from '@koinon/work/dashboard'
import { epochAt, type SubnetClock } from '../rules/epoch-clock.ts'
import { type EmissionView, readPartsAt } from './emission-parts.ts'

/** What accrued is not yet what was paid: results divide it, and what no result covers waits. */
export async function readSplit(view: EmissionView, netuid: number, clock: SubnetClock): Promise<SplitJson> {
  const { network, reader } = view
  const emission = { address: network.contracts.emission, abi: poolEmissionAbi } as const
  const { timestamp } = await reader.getBlock({ blockTag: 'pending' })
  const [parts, finalUntil] = await Promise.all([
    readPartsAt(view, netuid, timestamp),
    reader.readContract({ ...emission, functionName: 'finalUntil' }),
  ])
  const epoch = epochAt(clock, Number(finalUntil)) - 1
  if (epoch < 0) return parts
  const [before, after] = await Promise.all(
    [epoch, epoch + 1].map((start) =>
      reader.readContract({ ...emission, functionName: 'accrued', args: [netuid, BigInt(start)] }),
    ),
  )
  if (before === undefined || after === undefined) return parts
  return {
    ...parts,
    epoch,
    ownerAtomic: `${after.owner - before.owner}`,
    minersAtomic: `${after.miners - before.miners}`,
    validatorsAtomic: `${after.dividends - before.dividends}`,
  }
}
