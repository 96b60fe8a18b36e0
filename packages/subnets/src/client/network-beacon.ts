/** The beacon that a network file names (specs/0009-network-file.md section 3). */
import type { Clock } from '@koinon/base'
import { localBeaconLabel, type NetworkBeacon, type NetworkFile } from '@koinon/ledger'
import {
  localRoundChain,
  quicknet,
  type RoundChain,
  roundChainHash,
  roundPublicKey,
  roundSecretKey,
} from '../rules/timelock/index.ts'
import type { SubnetLedger } from './subnet-ledger.ts'
import { createHttpTimekeeper, quicknetRelays, type Timekeeper } from './timekeeper.ts'

type BeaconNetwork = Pick<NetworkFile, 'chainId' | 'beacon'> & {
  readonly contracts: Pick<NetworkFile['contracts'], 'epochs'>
}

/** Of each endpoint; a reveal phase of a local network has ten seconds. */
const endpointTimeoutMs = 2_000

/** Rounds of new local beacons: one a second, so that every phase of an epoch ends with one. */
const times = { genesisSeconds: Date.UTC(2026, 0, 1) / 1_000, periodSeconds: 1 }

/** What a network file says of a new local beacon with this seed that answers at `endpoint`. */
export function localNetworkBeacon(seed: Uint8Array, endpoint: string): NetworkBeacon {
  const publicKey = roundPublicKey(roundSecretKey(seed))
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
export function roundChainOf(network: BeaconNetwork): RoundChain | undefined {
  const { beacon, chainId, contracts } = network
  if (beacon === undefined) return undefined
  const { publicKey, genesisSeconds, periodSeconds } = beacon
  if (beacon.kind === 'local')
    return localRoundChain({ publicKey, genesisSeconds, periodSeconds, chainId, epochsContract: contracts.epochs })
  const { groupHash, beaconId } = beacon
  return { scheme: 'bls-unchained-g1-rfc9380', publicKey, genesisSeconds, periodSeconds, groupHash, beaconId }
}

/** Whose honesty sealed rows rest on, in one line of data; for people `sealSentence`. */
export function sealTrust(network: BeaconNetwork): string {
  const chain = roundChainOf(network)
  if (chain === undefined) return 'none: a row whose validator does not reveal it stays closed'
  if (network.beacon?.kind === 'local') return localBeaconLabel
  return isQuicknet(chain)
    ? 'drand quicknet: more than half of its operators together can open weights early'
    : `beacon ${chain.beaconId}: whoever holds its key can open weights early`
}

/** What weights are sealed for, and who could look early, as people read it who meet it for the first time. */
export function sealSentence(network: BeaconNetwork): string {
  const chain = roundChainOf(network)
  if (chain === undefined)
    return 'the marks that validators give to miners; those of a validator that falls silent stay closed'
  const what = 'the marks that validators give to miners, sealed until all have given theirs'
  if (network.beacon?.kind === 'local') return `${what}; whoever runs this network has the key and could look early`
  return isQuicknet(chain)
    ? `${what}; drand, a public service, opens them: only more than half of its operators together could look early`
    : `${what}; whoever has the key of "${chain.beaconId}" could look early`
}

function isQuicknet(chain: RoundChain): boolean {
  return roundChainHash(chain) === roundChainHash(quicknet)
}

/** Rounds of a network's beacon over HTTP, from `endpoints` or those of the file; undefined where it names no beacon. */
export function openNetworkBeacon(
  network: BeaconNetwork,
  parts: {
    readonly ledger: Pick<SubnetLedger, 'nowSeconds'>
    readonly clock: Clock
    readonly endpoints?: readonly string[] | undefined
  },
): Timekeeper | undefined {
  const chain = roundChainOf(network)
  if (chain === undefined || network.beacon === undefined) return undefined
  const { ledger, clock, endpoints = network.beacon.endpoints } = parts
  const nowSeconds =
    network.beacon.kind === 'local' ? () => ledger.nowSeconds() : async () => Math.floor(clock.nowMs() / 1_000)
  return createHttpTimekeeper({ chain, relays: endpoints, nowSeconds, timeoutMs: endpointTimeoutMs })
}
