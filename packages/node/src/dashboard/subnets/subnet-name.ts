import type { LedgerReader, NetworkFile } from '@koinon/ledger'
import { subnetsAbi } from '@koinon/ledger/abis'

/** Reads the name that a subnet's creator gave it on the ledger; asks once for each, because no name can change. */
export function createSubnetNames(
  reader: LedgerReader,
  { contracts }: Pick<NetworkFile, 'contracts'>,
): (netuid: number) => Promise<string> {
  const names = new Map<number, string>()
  return async (netuid) => {
    const known = names.get(netuid)
    if (known !== undefined) return known
    const { name } = await reader.readContract({
      address: contracts.subnets,
      abi: subnetsAbi,
      functionName: 'subnet',
      args: [netuid],
    })
    names.set(netuid, name)
    return name
  }
}
