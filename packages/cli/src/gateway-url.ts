import { KoinonError } from '@koinon/base'
import type { NetworkFile } from '@koinon/ledger'

/** Where the gateway of a network answers. `purpose`: what it is wanted for, `to ...`. Throws `node/no-gateway`. */
export function gatewayUrlOf({ gatewayUrl }: Pick<NetworkFile, 'gatewayUrl'>, purpose?: string): string {
  if (gatewayUrl !== undefined) return gatewayUrl
  throw new KoinonError({
    code: 'node/no-gateway',
    message: `The network file names no gateway${purpose === undefined ? '' : ` ${purpose}`}`,
    hint: 'Join through a gateway: koinon join <gateway URL>.',
  })
}
