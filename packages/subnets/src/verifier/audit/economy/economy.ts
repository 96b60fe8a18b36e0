/** One pass over everything that moves money or weight, in ledger order: what the contracts add up is added up again here. */
import { zeroAddress } from '@koinon/base'
import { type AuditSource, type EventOf, eventsOf, inOrder, Tally, viewOf } from '@koinon/ledger/audit'
import { emissionPolicies } from '../../../rules/emission/policies.ts'
import { DelegationBook, type DelegationEvent, delegationEventNames } from './delegation-book.ts'
import {
  EmissionBook,
  type EmissionConstants,
  type EmissionEvent,
  emissionEventNames,
  giftText,
} from './emission-book.ts'
import { Market, type PoolEvent, poolEventNames } from './market.ts'
import { PermitBook, type PermitEvent, permitEventNames } from './permit-book.ts'
import { StakeBook, type StakeEvent, stakeEventNames } from './stake-book.ts'
import { WeightBook } from './weight-book.ts'

export type Economy = {
  readonly market: Market
  readonly delegation: DelegationBook
  readonly stake: StakeBook
  readonly weights: WeightBook
  readonly permits: PermitBook
  readonly emission: EmissionBook
  /** KOIN of the token's contract: ever minted and burned, and how often outside of a step. */
  readonly koin: { readonly minted: bigint; readonly burned: bigint; readonly genesisMints: number }
  /** KOIN that the staking contract holds by the token's transfers; gifts included. */
  readonly stakingKoin: bigint
  /** Longest wait of whoever unstakes. */
  readonly unbondingSeconds: number
  /** What was compared on the way. */
  readonly tallies: Readonly<Record<'pools' | 'stakes' | 'steps', Tally>>
}

type Change =
  | EventOf<'subnets', 'SubnetCreated' | 'SubnetDissolved' | 'NeuronRegistered' | 'NeuronRemoved'>
  | EventOf<'token', 'Transfer'>
  | PoolEvent
  | DelegationEvent
  | StakeEvent
  | PermitEvent
  | EmissionEvent

const known = new WeakMap<readonly unknown[], Promise<Economy | { readonly problem: string }>>()

/** Everything at the head, or why it cannot be computed. Once a source. */
export function economyOf(source: AuditSource): Promise<Economy | { readonly problem: string }> {
  const found = known.get(source.events) ?? replayEconomy(source)
  known.set(source.events, found)
  return found
}

async function replayEconomy(source: AuditSource): Promise<Economy | { readonly problem: string }> {
  const constants = await readConstants(source)
  if ('problem' in constants) return constants
  const { contracts } = source.network
  const tallies = { pools: new Tally(), stakes: new Tally(), steps: new Tally() }
  const market = new Market(tallies.pools, contracts.staking)
  const delegation = new DelegationBook(tallies.stakes, constants)
  const permits: PermitBook = new PermitBook((netuid, hotkey) => weights.entry(netuid, hotkey))
  const weights = new WeightBook(tallies.stakes, constants, delegation, {
    onWeight: (entry, seconds, before) => permits.look(entry, seconds, entry.weight >= before),
    heldUntil: (netuid, hotkey, now) => permits.heldUntil(netuid, hotkey, now),
  })
  const stake = new StakeBook(tallies.stakes, constants, delegation, weights)
  const emission = new EmissionBook(tallies.steps, constants, market, delegation)

  const living: number[] = []
  const ends = new Map<number, number>()
  const koin = { minted: 0n, burned: 0n, genesisMints: 0 }
  let stakingKoin = 0n
  let transaction = ''
  /** What was staked, or moved, last: payments of miners and owners are told after them. */
  let staked = ''
  let transferred = ''

  const onTransfer = ({ from, to, value }: EventOf<'token', 'Transfer'>['args']): void => {
    if (to === contracts.staking) stakingKoin += value
    if (from === contracts.staking) stakingKoin -= value
    if (to === zeroAddress) koin.burned += value
    if (from !== zeroAddress) return
    koin.minted += value
    emission.koinMinted = koin.minted
    if (to === contracts.emission) emission.onKoinMinted(value)
    else koin.genesisMints++
  }
  const onPools = (event: PoolEvent): void => {
    market.apply(event)
    if (event.name === 'Injected') emission.onInjected(event)
    if (event.name === 'AlphaMinted') {
      const { netuid, to, amount } = event.args
      tallies.steps.same({ netuid }, 'holder of minted alpha', contracts.emission, to)
      emission.onAlphaMinted(netuid, amount)
    }
    if (event.name !== 'Transfer') return
    const { sender, receiver, amount } = event.args
    if (sender === contracts.emission) transferred = giftText(amount, receiver, receiver)
  }
  const onEmission = (event: EmissionEvent): void => {
    if (event.name === 'StepOpened') return emission.open(event, living, stakingKoin)
    if (event.name === 'RestBurned') {
      const { netuid } = event.args
      const held = market.pools.get(netuid)?.balanceOf(contracts.emission) ?? 0n
      return emission.restBurned(event, ends.get(netuid), held)
    }
    emission.apply(event, event.seconds)
    if (event.name === 'DividendsPaid')
      return stake.payDividends(event.args.netuid, event.args.hotkey, event.args.amount)
    if (event.name !== 'MinerPaid' && event.name !== 'OwnerPaid') return
    const { netuid, amount } = event.args
    const account = event.name === 'MinerPaid' ? event.args.hotkey : event.args.owner
    // What a share pool refuses is handed over free.
    const wanted = event.args.staked ? emission.giftText(netuid, account, amount) : giftText(amount, account, account)
    tallies.steps.same({ netuid, account }, 'where a payment went', wanted, event.args.staked ? staked : transferred)
  }

  for (const event of changesOf(source)) {
    if (event.transaction !== transaction) {
      stake.endTransaction()
      emission.endTransaction()
      transaction = event.transaction
      staked = transferred = ''
    }
    weights.seconds = event.seconds
    switch (event.contract) {
      case 'token':
        onTransfer(event.args)
        break
      case 'pools':
        onPools(event)
        break
      case 'delegation':
        delegation.apply(event)
        break
      case 'permits':
        permits.apply(event)
        break
      case 'staking':
        stake.apply(event)
        if (event.name === 'Staked') staked = giftText(event.args.amount, event.args.staker, event.args.hotkey)
        break
      case 'emission':
        onEmission(event)
        break
      case 'subnets': {
        const { netuid } = event.args
        if (event.name === 'SubnetCreated') {
          living.push(netuid)
          permits.onSubnet(netuid, event.args.params)
        } else if (event.name === 'SubnetDissolved') {
          ends.set(netuid, event.seconds)
          // As the registry does: the last takes the place of the one that goes.
          const last = living.pop() as number
          const place = living.indexOf(netuid)
          if (last !== netuid && place >= 0) living[place] = last
        } else weights.onRegistration(netuid, event.args.hotkey, event.name === 'NeuronRegistered')
      }
    }
  }
  stake.endTransaction()
  emission.endTransaction()
  compareOpenings(source, tallies.pools, market)
  return {
    market,
    delegation,
    stake,
    weights,
    permits,
    emission,
    koin,
    stakingKoin,
    unbondingSeconds: constants.unbondingSeconds,
    tallies,
  }
}

/** Events by contract that an audit of money follows. */
export const economyEventNames = {
  pools: poolEventNames,
  delegation: delegationEventNames,
  staking: stakeEventNames,
  permits: permitEventNames,
  emission: emissionEventNames,
} as const

function changesOf(source: AuditSource): readonly Change[] {
  return inOrder<Change>(
    eventsOf(source, 'subnets', 'SubnetCreated', 'SubnetDissolved', 'NeuronRegistered', 'NeuronRemoved'),
    eventsOf(source, 'token', 'Transfer'),
    eventsOf(source, 'pools', ...economyEventNames.pools),
    eventsOf(source, 'delegation', ...economyEventNames.delegation),
    eventsOf(source, 'staking', ...economyEventNames.staking),
    eventsOf(source, 'permits', ...economyEventNames.permits),
    eventsOf(source, 'emission', ...economyEventNames.emission),
  )
}

/** A pool opens with what its subnet cost, and ends with it. */
function compareOpenings(source: AuditSource, tally: Tally, market: Market): void {
  const opened = new Map(eventsOf(source, 'pools', 'PoolOpened').map(({ args }) => [args.netuid, args]))
  for (const { args } of eventsOf(source, 'subnets', 'SubnetCreated')) {
    const { netuid, lock } = args
    tally.same({ netuid }, 'KOIN that opened the pool', lock, opened.get(netuid)?.koin ?? 0n)
    tally.same({ netuid }, 'alpha that opened the pool', lock, opened.get(netuid)?.alpha ?? 0n)
  }
  for (const { args } of eventsOf(source, 'subnets', 'SubnetDissolved'))
    tally.same(
      { netuid: args.netuid },
      'pool of a subnet that ended',
      true,
      market.pools.get(args.netuid)?.isDissolved ?? false,
    )
}

async function readConstants(
  source: AuditSource,
): Promise<(EmissionConstants & { readonly unbondingSeconds: number }) | { readonly problem: string }> {
  const [rate, alphaRate, period, startsAt, rest, specHash, unbonding, rootWeight] = await Promise.all([
    viewOf(source, 'emission', 'koinPerSecond', []),
    viewOf(source, 'emission', 'alphaPerSecond', []),
    viewOf(source, 'emission', 'periodSeconds', []),
    viewOf(source, 'emission', 'startsAt', []),
    viewOf(source, 'emission', 'restSeconds', []),
    viewOf(source, 'policy', 'specHash', []),
    viewOf(source, 'staking', 'unbondingSeconds', []),
    viewOf(source, 'staking', 'rootWeight', []),
  ])
  if ('problem' in rate || 'problem' in alphaRate || 'problem' in period || 'problem' in startsAt || 'problem' in rest)
    return { problem: 'the constants of the emission cannot be read' }
  if ('problem' in unbonding || 'problem' in rootWeight) return { problem: 'the constants of the stake cannot be read' }
  const named = 'value' in specHash ? specHash.value : undefined
  return {
    koinPerSecond: rate.value,
    alphaPerSecond: alphaRate.value,
    periodSeconds: period.value,
    startsAtSeconds: BigInt(startsAt.value),
    restSeconds: rest.value,
    rootWeight: rootWeight.value,
    unbondingSeconds: unbonding.value,
    policy: Object.values(emissionPolicies).find((policy) => policy.specHash === named),
  }
}
