/** What subnets were at every moment, from their events alone: seats, stakes, permits, definitions, endpoints. */
import type { Address, Hex } from '@koinon/base'
import { type AuditScope, type AuditSource, type EventOf, eventsOf, inOrder, isInScope } from '@koinon/ledger/audit'
import { type EpochWindow, epochAt, epochWindow, type HeldSeat, type SubnetClock } from '../../rules/index.ts'
import { History } from './history.ts'

export type ReplayedSubnet = {
  readonly netuid: number
  readonly clock: SubnetClock
  /** Unix seconds; undefined while it lives. */
  readonly dissolvedAtSeconds: number | undefined
  readonly minValidatorStake: bigint
  readonly maxNeurons: number
  /** Ascending by uid, at the end of a second. */
  seatsAt(seconds: number): readonly HeldSeat[]
  /** Hotkeys with a permit and their stake, ascending by hotkey, at the end of a second. */
  permittedAt(seconds: number): readonly { readonly hotkey: Address; readonly stake: bigint }[]
  specHashAt(epoch: number): Hex
  /** Where a hotkey was reached at the end of a second; '' where nowhere. */
  endpointAt(hotkey: Address, seconds: number): string
}

/** First epoch of which texts announced in an epoch hold: 0010 section 1. */
export const updateDelayEpochs = 2

type Change =
  | EventOf<'subnets', 'NeuronRegistered' | 'NeuronRemoved' | 'EndpointSet'>
  | EventOf<'terms', 'SubnetUpdateAnnounced'>
  | EventOf<'staking', 'Staked' | 'Unstaked' | 'Slashed' | 'PermittedStakeChanged'>

const replays = new WeakMap<readonly unknown[], readonly ReplayedSubnet[]>()

/** All subnets, ascending by netuid. Computed once a source. */
export function replaySubnets(source: AuditSource): readonly ReplayedSubnet[] {
  const known = replays.get(source.events)
  if (known !== undefined) return known
  const changes = inOrder<Change>(
    eventsOf(source, 'subnets', 'NeuronRegistered', 'NeuronRemoved', 'EndpointSet'),
    eventsOf(source, 'terms', 'SubnetUpdateAnnounced'),
    eventsOf(source, 'staking', 'Staked', 'Unstaked', 'Slashed', 'PermittedStakeChanged'),
  )
  const byNetuid = Map.groupBy(changes, ({ args }) => args.netuid)
  const ends = eventsOf(source, 'subnets', 'SubnetDissolved')
  const subnets = eventsOf(source, 'subnets', 'SubnetCreated').map((created) =>
    replaySubnet(
      created,
      byNetuid.get(created.args.netuid) ?? [],
      ends.find(({ args }) => args.netuid === created.args.netuid)?.seconds,
    ),
  )
  replays.set(source.events, subnets)
  return subnets
}

/** Subnets of a scope, each with its epochs whose reveals are over at the head. */
export function epochsInScope(
  source: AuditSource,
  scope: AuditScope,
): readonly { readonly subnet: ReplayedSubnet; readonly epoch: number; readonly window: EpochWindow }[] {
  return replaySubnets(source)
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
  const permits = new Map<Address, History<bigint>>()
  const endpoints = new Map<Address, History<string>>()
  const registered = new Set<Address>()
  const stakes = new Map<Address, bigint>()
  const versions = [{ fromEpoch: 0, specHash: params.specHash }]

  // At most `maxValidators` hold a permit: who comes in with more puts out the least (0010 section 3).
  const validators = new Set<Address>()
  const stakeOf = (hotkey: Address): bigint => stakes.get(hotkey) ?? 0n
  const refresh = (hotkey: Address, seconds: number): void => {
    const mayHold = registered.has(hotkey) && stakeOf(hotkey) >= params.minValidatorStake
    if (mayHold && !validators.has(hotkey) && validators.size >= params.maxValidators) {
      const least = [...validators].reduce((low, other) => (stakeOf(other) < stakeOf(low) ? other : low))
      if (stakeOf(least) < stakeOf(hotkey)) {
        validators.delete(least)
        entry(permits, least).set(seconds, 0n)
      }
    }
    const holds = mayHold && (validators.has(hotkey) || validators.size < params.maxValidators)
    if (holds) validators.add(hotkey)
    else validators.delete(hotkey)
    entry(permits, hotkey).set(seconds, holds ? stakeOf(hotkey) : 0n)
  }
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
    // Anybody may ask for a permit that is due: nothing but this event tells.
    if (change.name === 'PermittedStakeChanged') {
      refresh(hotkey, seconds)
      continue
    }
    if (change.name === 'EndpointSet') entry(endpoints, hotkey).set(seconds, change.args.endpoint)
    if (change.name === 'NeuronRegistered') {
      registered.add(hotkey)
      entry(seats, change.args.uid).set(seconds, { uid: change.args.uid, hotkey, sinceSeconds: seconds })
      entry(endpoints, hotkey).set(seconds, change.args.endpoint)
    }
    if (change.name === 'NeuronRemoved') {
      registered.delete(hotkey)
      entry(seats, change.args.uid).set(seconds, undefined)
    }
    if (change.name === 'Staked') stakes.set(hotkey, (stakes.get(hotkey) ?? 0n) + change.args.amount)
    if (change.name === 'Unstaked') stakes.set(hotkey, (stakes.get(hotkey) ?? 0n) - change.args.amount)
    if (change.name === 'Slashed') stakes.set(hotkey, change.args.hotkeyStake)
    refresh(hotkey, seconds)
  }
  return {
    netuid,
    clock,
    dissolvedAtSeconds,
    minValidatorStake: params.minValidatorStake,
    maxNeurons: params.maxNeurons,
    seatsAt: (seconds) => [...seats].flatMap(([, history]) => history.at(seconds) ?? []).sort((a, b) => a.uid - b.uid),
    permittedAt: (seconds) =>
      [...permits]
        .map(([hotkey, history]) => ({ hotkey, stake: history.at(seconds) ?? 0n }))
        .filter(({ stake }) => stake > 0n)
        .sort((a, b) => (a.hotkey < b.hotkey ? -1 : 1)),
    specHashAt: (epoch) => (versions.findLast(({ fromEpoch }) => fromEpoch <= epoch) as { specHash: Hex }).specHash,
    endpointAt: (hotkey, seconds) => endpoints.get(hotkey)?.at(seconds) ?? '',
  }
}

function entry<key, value>(map: Map<key, History<value>>, key: key): History<value> {
  const found = map.get(key) ?? new History<value>()
  map.set(key, found)
  return found
}
