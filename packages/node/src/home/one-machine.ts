import { isLoopbackHost } from '@koinon/base/node'
import type { NetworkFile } from '@koinon/ledger'

/**
 * Whether strangers' addresses on this machine may be asked: on a network whose chain is embedded and reached on loopback alone, where whoever
 * writes to the ledger is on this machine already. A node of this machine for a chain of others does not make its accounts local.
 */
export function isOneMachine({ chainKind, rpcUrl, gatewayUrl }: NetworkFile): boolean {
  return chainKind === 'embedded' && [rpcUrl, gatewayUrl ?? rpcUrl].every((url) => isLoopbackHost(new URL(url).host))
}
