/** The beacon that a network file names (specs/0009-network-file.md section 3). */
import type { Clock } from '@koinon/base'
import { localBeaconLabel, type NetworkBeacon, type NetworkFile } from '@koinon/ledger'
import {
  type BeaconChain,
  beaconChainHash,
  beaconPublicKey,
  beaconSecretKey,
  localBeaconChain,
  quicknet,
} from '../rules/timelock/index.ts'
import { type BeaconSource, createHttpBeacon, quicknetRelays } from './beacon-source.ts'
import type { SubnetLedger } from './subnet-ledger.ts'

type BeaconNetwork = Pick<NetworkFile, 'chainId' | 'beacon'> & {
  readonly contracts: Pick<NetworkFile['contracts'], 'epochs'>
}

/** Of each endpoint; a reveal phase of a local network has ten seconds. */
const endpointTimeoutMs = 2_000

/** Rounds of new local beacons: one a second, so that every phase of an epoch ends with one. */
const times = { genesisSeconds: Date.UTC(2026, 0, 1) / 1_000, periodSeconds: 1 }

/** What a network file says of a new local beacon with this seed that answers at `endpoint`. */
export function localNetworkBeacon(seed: Uint8Array, endpoint: string): NetworkBeacon {
  const publicKey = beaconPublicKey(beaconSecretKey(seed))
  return { kind: 'local', label: localBeaconLabel, publicKey, ...times, endpoints: [endpoint] }
}

/** What a network file says of drand's quicknet; its key is pinned here, so any endpoint will do. */
export function quicknetBeacon(endpoints: readonly string[] = quicknetRelays): NetworkBeacon {
  const { publicKey, genesisSeconds, periodSeconds, groupHash, beaconId } = quicknet
  return {
    kind: 'drand',
    beaconId,
    groupHash,
    publicKey,
    genesisSeconds,
    periodSeconds,
    endpoints: [...endpoints],
  }
}

/** The chain behind a network's beacon; undefined where the file names none. */
export function beaconChainOf(network: BeaconNetwork): BeaconChain | undefined {
  const { beacon, chainId, contracts } = network
  if (beacon === undefined) return undefined
  const { publicKey, genesisSeconds, periodSeconds } = beacon
  if (beacon.kind === 'local')
    return localBeaconChain({ publicKey, genesisSeconds, periodSeconds, chainId, epochsContract: contracts.epochs })
  const { groupHash, beaconId } = beacon
  return { scheme: 'bls-unchained-g1-rfc9380', publicKey, genesisSeconds, periodSeconds, groupHash, beaconId }
}

/** Whose honesty sealed rows rest on: the sentence that is shown wherever a network's beacon is. */
export function beaconTrust(network: BeaconNetwork): string {
  const chain = beaconChainOf(network)
  if (chain === undefined) return 'none: a row whose validator does not reveal it stays closed'
  if (network.beacon?.kind === 'local') return localBeaconLabel
  return beaconChainHash(chain) === beaconChainHash(quicknet)
    ? 'drand quicknet: more than half of its operators together can open rows early'
    : `beacon ${chain.beaconId}: whoever holds its key can open rows early`
}

/** Rounds of a network's beacon over HTTP, from `endpoints` or those of the file; undefined where it names no beacon. */
export function openNetworkBeacon(
  network: BeaconNetwork,
  parts: {
    readonly ledger: Pick<SubnetLedger, 'nowSeconds'>
    readonly clock: Clock
    readonly endpoints?: readonly string[] | undefined
  },
): BeaconSource | undefined {
  const chain = beaconChainOf(network)
  if (chain === undefined || network.beacon === undefined) return undefined
  const { ledger, clock, endpoints = network.beacon.endpoints } = parts
  const nowSeconds =
    network.beacon.kind === 'local' ? () => ledger.nowSeconds() : async () => Math.floor(clock.nowMs() / 1_000)
  return createHttpBeacon({ chain, relays: endpoints, nowSeconds, timeoutMs: endpointTimeoutMs })
}
