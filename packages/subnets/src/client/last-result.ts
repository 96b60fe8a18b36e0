/** The newest result of a subnet on the ledger. */
import type { Address } from '@koinon/base'
import { epochsAbi } from '@koinon/ledger/abis'
import type { PoolView } from './pools.ts'

/** Its epoch, pending or active; undefined before the first, and when the only one was shown to be wrong. */
export async function readLastResultEpoch(
  {
    network,
    reader,
  }: Pick<PoolView, 'reader'> & { readonly network: { readonly contracts: { readonly epochs: Address } } },
  netuid: number,
): Promise<number | undefined> {
  const [exists, epoch] = await reader.readContract({
    address: network.contracts.epochs,
    abi: epochsAbi,
    functionName: 'lastRootEpoch',
    args: [netuid],
  })
  return exists ? Number(epoch) : undefined
}
