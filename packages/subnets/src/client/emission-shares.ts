/** By what new KOIN is shared between subnets, and what the last step fixed of each (specs/0020-pool-emission.md section 1). */
import type { Address, Hex } from '@koinon/base'
import { emissionPolicyAbi, poolEmissionAbi } from '@koinon/ledger/abis'
import type { ShareFacts } from '../rules/emission/share-words.ts'
import type { PoolView } from './pools.ts'

export type EmissionShares = {
  /** Of the network's policy. */
  readonly specHash: Hex
  /** By netuid: subnets that took part in the last step. */
  readonly subnets: ReadonlyMap<number, ShareFacts>
}

type PolicyView = Pick<PoolView, 'reader'> & {
  readonly network: { readonly contracts: Readonly<Record<'emission' | 'policy', Address>> }
}

/** Reads the policy and the shares of the last step, with flows of the subnets that are named. */
export async function readEmissionShares(
  { network, reader }: PolicyView,
  netuids: readonly number[],
): Promise<EmissionShares> {
  const { emission: address, policy } = network.contracts
  const emission = { address, abi: poolEmissionAbi } as const
  const [specHash, last] = await Promise.all([
    reader.readContract({ address: policy, abi: emissionPolicyAbi, functionName: 'specHash' }),
    reader.readContract({ ...emission, functionName: 'lastShares' }),
  ])
  const facts = await Promise.all(
    last
      .filter(({ netuid }) => netuids.includes(netuid))
      .map(async ({ netuid, share, average, capital }) => {
        const [userFlow] = await reader.readContract({ ...emission, functionName: 'flowsOf', args: [netuid] })
        return [netuid, { shareQ64: share, averagePrice: average, capital, userFlow }] as const
      }),
  )
  return { specHash, subnets: new Map(facts) }
}
