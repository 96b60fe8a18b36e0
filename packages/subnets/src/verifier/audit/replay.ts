/** What subnets were at every moment, from events alone: seats, permits, definitions, endpoints. */
import type { Address, Hex } from '@koinon/base'
import { type AuditScope, type AuditSource, type EventOf, eventsOf, inOrder, isInScope } from '@koinon/ledger/audit'
import { updateDelayEpochs } from '../../rules/epoch-clock.ts'
import { type EpochWindow, epochAt, epochWindow, type HeldSeat, type SubnetClock } from '../../rules/index.ts'
import { economyOf } from './economy/economy.ts'
import { type PermitBook, permittedOf } from './economy/permit-book.ts'
import { History } from './history.ts'

export type ReplayedSubnet = {
  readonly netuid: number
  readonly clock: SubnetClock
  /** Unix seconds; undefined while it lives. */
  readonly dissolvedAtSeconds: number | undefined
  readonly maxNeurons: number
  /** Ascending by uid, at the end of a second. */
  seatsAt(seconds: number): readonly HeldSeat[]
  /** Hotkeys with a permit and their stake, ascending by hotkey, at the end of a second. */
  permittedAt(seconds: number): readonly { readonly hotkey: Address; readonly stake: bigint }[]
  specHashAt(epoch: number): Hex
  /** Where a hotkey was reached at the end of a second; '' where nowhere. */
  endpointAt(hotkey: Address, seconds: number): string
}

type Change =
  | EventOf<'subnets', 'NeuronRegistered' | 'NeuronRemoved' | 'EndpointSet'>
  | EventOf<'terms', 'SubnetUpdateAnnounced'>

const replays = new WeakMap<readonly unknown[], Promise<readonly ReplayedSubnet[]>>()

/** All subnets, ascending by netuid. Computed once a source. */
export function replaySubnets(source: AuditSource): Promise<readonly ReplayedSubnet[]> {
  const found = replays.get(source.events) ?? replayAll(source)
  replays.set(source.events, found)
  return found
}

async function replayAll(source: AuditSource): Promise<readonly ReplayedSubnet[]> {
  const permits = await permitsOf(source)
  const changes = inOrder<Change>(
    eventsOf(source, 'subnets', 'NeuronRegistered', 'NeuronRemoved', 'EndpointSet'),
    eventsOf(source, 'terms', 'SubnetUpdateAnnounced'),
  )
  const byNetuid = Map.groupBy(changes, ({ args }) => args.netuid)
  const ends = eventsOf(source, 'subnets', 'SubnetDissolved')
  return eventsOf(source, 'subnets', 'SubnetCreated').map((created) =>
    replaySubnet(
      created,
      byNetuid.get(created.args.netuid) ?? [],
      ends.find(({ args }) => args.netuid === created.args.netuid)?.seconds,
      permits,
    ),
  )
}

type Permits = Pick<PermitBook, 'permittedAt'>

/** As computed from stake and seats; where the constants for that cannot be read, as announced. The permits' own check says which. */
async function permitsOf(source: AuditSource): Promise<Permits> {
  const economy = await economyOf(source)
  if ('permits' in economy) return economy.permits
  const histories = new Map<number, Map<Address, History<bigint>>>()
  for (const { args, seconds } of eventsOf(source, 'permits', 'PermittedStakeChanged')) {
    const hotkeys = histories.get(args.netuid) ?? new Map<Address, History<bigint>>()
    histories.set(args.netuid, hotkeys)
    entry(hotkeys, args.hotkey).set(seconds, args.permittedStake)
  }
  return { permittedAt: (netuid, seconds) => permittedOf(histories.get(netuid) ?? new Map(), seconds) }
}

/** Subnets of a scope, each with its epochs whose reveals are over at the head. */
export async function epochsInScope(
  source: AuditSource,
  scope: AuditScope,
): Promise<readonly { readonly subnet: ReplayedSubnet; readonly epoch: number; readonly window: EpochWindow }[]> {
  return (await replaySubnets(source))
    .filter(({ netuid }) => isInScope(scope, netuid))
    .flatMap((subnet) => {
      const last = Math.min(epochAt(subnet.clock, source.head.seconds), scope.toEpoch)
      const first = Math.max(0, scope.fromEpoch)
      return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index)
        .map((epoch) => ({ subnet, epoch, window: epochWindow(subnet.clock, epoch) }))
        .filter(({ window }) => window.revealEndsAtSeconds <= source.head.seconds)
    })
}

function replaySubnet(
  { args }: EventOf<'subnets', 'SubnetCreated'>,
  changes: readonly Change[],
  dissolvedAtSeconds: number | undefined,
  permits: Permits,
): ReplayedSubnet {
  const { netuid, params } = args
  const clock: SubnetClock = {
    genesisSeconds: args.genesis,
    epochSeconds: params.epochSeconds,
    workCommitSeconds: params.workCommitSeconds,
    weightCommitSeconds: params.weightCommitSeconds,
    weightRevealSeconds: params.weightRevealSeconds,
    activationDelaySeconds: params.activationDelaySeconds,
  }
  const seats = new Map<number, History<HeldSeat | undefined>>()
  const endpoints = new Map<Address, History<string>>()
  const versions = [{ fromEpoch: 0, specHash: params.specHash }]

  for (const change of changes) {
    const { seconds } = change
    if (change.name === 'SubnetUpdateAnnounced') {
      // What does not hold yet is replaced.
      const current = epochAt(clock, seconds)
      if ((versions.at(-1)?.fromEpoch ?? 0) > current) versions.pop()
      versions.push({ fromEpoch: current + updateDelayEpochs, specHash: change.args.specHash })
      continue
    }
    const { hotkey } = change.args
    if (change.name === 'EndpointSet') entry(endpoints, hotkey).set(seconds, change.args.endpoint)
    if (change.name === 'NeuronRegistered') {
      entry(seats, change.args.uid).set(seconds, { uid: change.args.uid, hotkey, sinceSeconds: seconds })
      entry(endpoints, hotkey).set(seconds, change.args.endpoint)
    }
    if (change.name === 'NeuronRemoved') entry(seats, change.args.uid).set(seconds, undefined)
  }
  return {
    netuid,
    clock,
    dissolvedAtSeconds,
    maxNeurons: params.maxNeurons,
    seatsAt: (seconds) => [...seats].flatMap(([, history]) => history.at(seconds) ?? []).sort((a, b) => a.uid - b.uid),
    permittedAt: (seconds) => permits.permittedAt(netuid, seconds),
    specHashAt: (epoch) => (versions.findLast(({ fromEpoch }) => fromEpoch <= epoch) as { specHash: Hex }).specHash,
    endpointAt: (hotkey, seconds) => endpoints.get(hotkey)?.at(seconds) ?? '',
  }
}

function entry<key, value>(map: Map<key, History<value>>, key: key): History<value> {
  const found = map.get(key) ?? new History<value>()
  map.set(key, found)
  return found
}
