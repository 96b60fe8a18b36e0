/**
 * Who holds how much of stake, emission and work sold, by address and by entity, and the stage that follows, from an audit's events
 * (specs/0019-audit.md sections 4 and 5). Pure but for one view.
 */
import { zeroAddress } from '@koinon/base'
import { type AuditSource, eventsOf, viewOf } from '@koinon/ledger/audit'
import {
  byEntity,
  type Concentration,
  concentrationOf,
  entitiesOf,
  type Link,
  meanAgreementPpm,
  type ReplayState,
  stageReport,
  unpackRow,
} from '@koinon/subnets'
import { ownerCalls } from './owner-calls.ts'

export type LayerReport = {
  readonly name: 'stake' | 'emission' | 'workSold'
  readonly what: string
  readonly byAddress: Concentration
  readonly byEntity: Concentration
}

export type SubnetJudges = {
  readonly netuid: number
  /** With a permit at the head, and how many entities they are. */
  readonly validators: number
  readonly entities: number
  /** Mean agreement of the rows of the last epoch that has any, in millionths; undefined without two rows that can be compared. */
  readonly agreementPpm: number | undefined
}

export type DecentralizationReport = ReturnType<typeof stageReport> & {
  readonly layers: readonly LayerReport[]
  readonly subnets: readonly SubnetJudges[]
  /** By what accounts were taken for one entity. */
  readonly entitiesBy: string
}

type Holding = readonly [holder: string, amount: bigint]

/** `replay`: what the audit of the same events found. */
export async function measureDecentralization(
  source: AuditSource,
  replay: ReplayState,
): Promise<DecentralizationReport> {
  const seats = eventsOf(source, 'subnets', 'NeuronRegistered')
  const hosts = new Map(
    eventsOf(source, 'subnets', 'NeuronRegistered', 'EndpointSet').map(({ args }) => [args.hotkey, args.endpoint]),
  )
  const contracts = new Set<string>(Object.values(source.network.contracts))
  const funders = new Map<string, string>()
  for (const { args } of eventsOf(source, 'token', 'Transfer'))
    if (args.from !== zeroAddress && !contracts.has(args.from) && !contracts.has(args.to) && !funders.has(args.to))
      funders.set(args.to, args.from)
  const entityOf = entitiesOf([...[...hosts].flatMap(([hotkey, endpoint]) => hostLink(hotkey, endpoint)), ...funders])

  const registered = new Set<string>(seats.map(({ args }) => args.hotkey))
  const stake = summed(
    eventsOf(source, 'staking', 'Staked', 'Unstaked').map(
      ({ name, args }) => [args.staker, name === 'Staked' ? args.amount : -args.amount] as const,
    ),
  )
  const layer = (name: LayerReport['name'], what: string, holdings: readonly Holding[]): LayerReport => ({
    name,
    what,
    byAddress: concentrationOf(holdings.map(([, amount]) => amount)),
    byEntity: concentrationOf([...byEntity(holdings, entityOf).values()]),
  })
  const layers = [
    layer('stake', 'KOIN staked, by who staked it', stake),
    layer(
      'emission',
      'KOIN claimed, by account',
      summed(eventsOf(source, 'epochs', 'Claimed').map(({ args }) => [args.account, args.amount])),
    ),
    layer(
      'workSold',
      'dollars collected from channels, by seat',
      summed(
        eventsOf(source, 'channels', 'Settled')
          .filter(({ args }) => registered.has(args.receiver))
          .map(({ args }) => [args.receiver, args.amount]),
      ),
    ),
  ]
  const created = eventsOf(source, 'subnets', 'SubnetCreated')
  const subnets = created.map(({ args }) => judgesOf(source, args.netuid, entityOf))
  const unbonding = await viewOf(source, 'staking', 'unbondingSeconds', [])
  return {
    ...stageReport({
      replay,
      privilegedCalls: created.flatMap(({ args }) => ownerCalls(args.netuid, args.params.epochSeconds)),
      seizingCalls: [],
      validatorEntities: subnets.length === 0 ? 0 : Math.min(...subnets.map(({ entities }) => entities)),
      exitSeconds: 'value' in unbonding ? unbonding.value : undefined,
      challenge: { isPermissionless: false, windowSeconds: 0 },
      guardians: 0,
      nakamotoThirdByEntity: layers[0]?.byEntity.nakamotoThird ?? 0,
    }),
    layers,
    subnets,
    entitiesBy: funders.size === 0 ? 'host' : 'host and first funder',
  }
}

function judgesOf(source: AuditSource, netuid: number, entityOf: (holder: string) => string): SubnetJudges {
  const permits = new Map(
    eventsOf(source, 'staking', 'PermittedStakeChanged')
      .filter(({ args }) => args.netuid === netuid)
      .map(({ args }) => [args.hotkey, args.permittedStake]),
  )
  const judges = [...permits].filter(([, stake]) => stake > 0n).map(([hotkey]) => hotkey)
  const revealed = eventsOf(source, 'weights', 'WeightsRevealed').filter(({ args }) => args.netuid === netuid)
  const last = revealed.reduce((epoch, { args }) => (args.epoch > epoch ? args.epoch : epoch), -1n)
  const rows = revealed
    .filter(({ args }) => args.epoch === last)
    .map(({ args }) => new Map(unpackRow(args.row).map(({ uid, weight }) => [uid, weight])))
  const uids = [...new Set(rows.flatMap((row) => [...row.keys()]))]
  return {
    netuid,
    validators: judges.length,
    entities: new Set(judges.map(entityOf)).size,
    agreementPpm: meanAgreementPpm(rows.map((row) => uids.map((uid) => row.get(uid) ?? 0))),
  }
}

function summed(amounts: readonly Holding[]): readonly Holding[] {
  const sums = new Map<string, bigint>()
  for (const [holder, amount] of amounts) sums.set(holder, (sums.get(holder) ?? 0n) + amount)
  return [...sums]
}

/** A machine of its own is told by its host; what is no address links nobody. */
function hostLink(hotkey: string, endpoint: string): readonly Link[] {
  const host = URL.parse(endpoint)?.hostname
  return host === undefined || host === '' ? [] : [[hotkey, `host ${host}`]]
}
