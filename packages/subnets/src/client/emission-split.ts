/** How a subnet's new alpha is divided, and what its last whole epoch brought each part (specs/0020-pool-emission.md sections 2 and 5). */
import type { Address } from '@koinon/base'
import { poolEmissionAbi } from '@koinon/ledger/abis'
import type { SplitJson } from '@koinon/work/dashboard'
import { epochAt, type SubnetClock } from '../rules/epoch-clock.ts'
import type { PoolView } from './pools.ts'

type EmissionView = Pick<PoolView, 'reader'> & {
  readonly network: { readonly contracts: { readonly emission: Address } }
}

/** What accrued is not yet what was paid: results divide it, and what no result covers waits. */
export async function readSplit({ network, reader }: EmissionView, netuid: number, clock: SubnetClock): Promise<SplitJson> {
  const emission = { address: network.contracts.emission, abi: poolEmissionAbi } as const
  const { timestamp } = await reader.getBlock({ blockTag: 'pending' })
  const [[ownerBps, minersBps, validatorsBps], finalUntil] = await Promise.all([
    reader.readContract({ ...emission, functionName: 'partsOf', args: [netuid, timestamp], blockTag: 'pending' }),
    reader.readContract({ ...emission, functionName: 'finalUntil' }),
  ])
  const parts = {
    ownerBps: Number(ownerBps),
    minersBps: Number(minersBps),
    validatorsBps: Number(validatorsBps),
  }
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
