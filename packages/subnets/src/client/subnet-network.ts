/** What of a network's file the ledger port of subnets needs. */
import type { NetworkFile } from '@koinon/ledger'

export type SubnetNetwork = Pick<NetworkFile, 'chainId' | 'startBlock' | 'chainKind'> & {
  readonly contracts: Pick<
    NetworkFile['contracts'],
    'subnets' | 'permits' | 'work' | 'weights' | 'epochs' | 'emission' | 'disputes' | 'pools' | 'staking'
  >
}
