/** Which beacon the validators of a home's own network seal their rows to. */
import { systemRandom } from '@koinon/base'
import type { NetworkBeacon, NetworkFile } from '@koinon/ledger'
import { localNetworkBeacon, quicknetBeacon } from '@koinon/subnets'
import type { Home } from '../home/home.ts'
import { accountKey } from '../home/secrets.ts'
import { freePort, keepPort, keptPort } from '../roles/last-port.ts'
import { requireFreePort } from './port.ts'

/** What the owner says: drand's quicknet, from other endpoints where some are given, or the home's own stand-in. */
export type BeaconChoice =
  | { readonly kind: 'quicknet'; readonly endpoints?: readonly string[] }
  | { readonly kind: 'local' }

/** Name of the key that a home's stand-in signs with. It never holds money. */
export const beaconKeyName = 'beacon'

/** The beacon of a home's network: the one chosen now, else the one it has, else a stand-in of its own; that keeps its port. */
export async function homeBeacon(
  home: Home,
  host: string,
  known: NetworkFile | undefined,
  choice: BeaconChoice | undefined,
): Promise<NetworkBeacon> {
  if (choice?.kind === 'quicknet') return quicknetBeacon(choice.endpoints)
  if (choice === undefined && known?.beacon?.kind === 'drand') return known.beacon
  const folder = home.role(beaconKeyName)
  const port = await portFor(host, keptPort(folder))
  keepPort(folder, port)
  return localNetworkBeacon(accountKey(home, beaconKeyName, systemRandom).secretKey, `http://${host}:${port}`)
}

/** The last port, also when a role whose supervisor was killed holds it a little longer; else a free one. */
async function portFor(host: string, last: number): Promise<number> {
  if (last === 0) return freePort(host)
  return requireFreePort(host, last, '--port').then(
    () => last,
    () => freePort(host),
  )
}
