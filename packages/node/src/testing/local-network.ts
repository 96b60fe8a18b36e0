import type { Hex } from '@koinon/base'
import type { Home } from '../home/home.ts'
import { ensureNetwork } from '../local/contracts.ts'
import type { Treasury } from '../local/treasury.ts'

/** The network of a home on the embedded chain that answers at `rpcUrl`, without gateway, model and roles. Throws as `ensureNetwork`. */
export function ensureLocalNetwork(home: Home, rpcUrl: string, gatewayUrl: string, specHash: Hex): Promise<Treasury> {
  const source = { kind: 'embedded', rpcPort: Number(new URL(rpcUrl).port) } as const
  return ensureNetwork({ home, source, rpcUrl, gatewayUrl, specHash, defaultModel: undefined, accounts: [] })
}
