/** What the contracts leave to whoever comes, and what of it is due: found by reads alone. */
import type { Address } from '@koinon/base'
import type { LedgerReader, NetworkFile } from '@koinon/ledger'
import { alphaStakingAbi, poolsAbi } from '@koinon/ledger/abis'
import { maximumRootSubnets } from '../rules/pool/constants.ts'
import { rootNetuid } from './alpha-stake.ts'

/**
 * `burnFees`: KOIN fees of all pools wait to be burned (specs/0014-pools.md section 2). `countRoot`: the hotkey's root stake does not count
 * in a subnet where it sits, because it had no room when it came, and now there is (section 5).
 */
export type Upkeep = 'burnFees' | 'countRoot'

/** Fees that are worth a transaction of about 60,000 gas, atomic units of KOIN: those of 20 KOIN traded. */
export const leastFeesToBurn = 10n ** 16n

type UpkeepView = {
  readonly reader: LedgerReader
  readonly network: { readonly contracts: Pick<NetworkFile['contracts'], 'pools' | 'staking'> }
}

/** What is due now that a validator of a subnet may do. */
export async function readDueUpkeep(
  { reader, network }: UpkeepView,
  netuid: number,
  hotkey: Address,
): Promise<readonly Upkeep[]> {
  const pools = { address: network.contracts.pools, abi: poolsAbi, blockTag: 'pending' } as const
  const staking = { address: network.contracts.staking, abi: alphaStakingAbi, blockTag: 'pending' } as const
  const [[waitingFees], here, root, counted] = await Promise.all([
    reader.readContract({ ...pools, functionName: 'fees' }),
    reader.readContract({ ...staking, functionName: 'hotkeyOf', args: [netuid, hotkey] }),
    reader.readContract({ ...staking, functionName: 'hotkeyOf', args: [rootNetuid, hotkey] }),
    reader.readContract({ ...staking, functionName: 'rootSubnetsOf', args: [hotkey] }),
  ])
  const isCountable = here.registered && !here.countsRoot && root.stakedAssets > 0n
  return [
    ...(waitingFees >= leastFeesToBurn ? (['burnFees'] as const) : []),
    ...(isCountable && counted.length < maximumRootSubnets ? (['countRoot'] as const) : []),
  ]
}
