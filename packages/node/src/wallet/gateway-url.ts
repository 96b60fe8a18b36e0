import { KoinonError } from '@koinon/base'
import type { NetworkFile } from '@koinon/ledger'

/** Where the gateway of a network answers. Throws `wallet/no-gateway` where the network file names none. */
export function gatewayUrlOf({ gatewayUrl }: Pick<NetworkFile, 'gatewayUrl'>): string {
  if (gatewayUrl !== undefined) return gatewayUrl
  throw new KoinonError({
    code: 'wallet/no-gateway',
    message: 'The network file names no gateway',
    hint: 'Join through a gateway: koinon join <gateway URL>.',
  })
}
