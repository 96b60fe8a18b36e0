/**
 * Who holds how much of stake, emission and work sold, by address, by owner and by entity, who may judge, and the stage that follows
 * (specs/0019-audit.md sections 4 and 5). One pure function of public facts, whoever gathered them.
 */
import type { Hex } from '@koinon/base'
import { unpackRow } from '../weight-row.ts'
import { byEntity, type Concentration, concentrationOf } from './concentration.ts'
import { entitiesOf, type Link } from './entities.ts'
import { ownerCalls } from './owner-calls.ts'
import { meanAgreementPpm } from './rank-agreement.ts'
import { type ReplayState, stageReport } from './stages.ts'

/** Several of one holder are added up. */
export type Holding = readonly [holder: string, amount: bigint]

export type JudgedSubnet = {
  readonly netuid: number
  readonly epochSeconds: number
  /** For so long anybody can show that a result is wrong. */
  readonly activationDelaySeconds: number
  /** Hotkeys with a permit now. */
  readonly judges: readonly string[]
  /** Packed, of the last epoch that has any; empty where nobody looked. */
  readonly rows: readonly Hex[]
}

export type DecentralizationFacts = {
  readonly replay: ReplayState
  /** What is staked by whom and what was earned by whom, worth in KOIN. */
  readonly stake: readonly Holding[]
  readonly emission: readonly Holding[]
  /** Dollars collected from channels; those of accounts that never had a seat do not count. */
  readonly settled: readonly Holding[]
  /** The last endpoint of every hotkey that ever had a seat. */
  readonly endpoints: Iterable<readonly [hotkey: string, endpoint: string]>
  /** Who owns the agent that a hotkey had a seat with: the key behind it that the ledger knows. */
  readonly owners: Iterable<readonly [hotkey: string, owner: string]>
  /** Who gave an account the first KOIN it ever had. */
  readonly funders: Iterable<readonly [account: string, funder: string]>
  /** They join nobody; nor does the zero address. */
  readonly contracts: readonly string[]
  /** The living ones. */
  readonly subnets: readonly JudgedSubnet[]
  /** Longest wait of a staker that leaves; undefined where that could not be read. */
  readonly exitSeconds: number | undefined
}

export type LayerReport = {
  readonly name: 'stake' | 'emission' | 'workSold'
  readonly what: string
  readonly byAddress: Concentration
  /** Hotkeys of one owner, and the owner itself, as one. */
  readonly byOwner: Concentration
  readonly byEntity: Concentration
}

export type SubnetJudges = {
  readonly netuid: number
  readonly epochSeconds: number
  /** With a permit, and how many owners and entities they are. */
  readonly validators: number
  readonly owners: number
  readonly entities: number
  /** Mean agreement of the rows in millionths; undefined without two rows that can be compared. */
  readonly agreementPpm: number | undefined
}

export type DecentralizationReport = ReturnType<typeof stageReport> & {
  readonly layers: readonly LayerReport[]
  readonly subnets: readonly SubnetJudges[]
  /** By what accounts were taken for one entity. */
  readonly entitiesBy: string
}

const zeroAddress = `0x${'00'.repeat(20)}`

export function decentralizationReport(facts: DecentralizationFacts): DecentralizationReport {
  const endpoints = new Map(facts.endpoints)
  const outside = new Set([...facts.contracts, zeroAddress])
  const people = (links: Iterable<Link>): readonly Link[] =>
    [...links].filter(([left, right]) => !outside.has(left) && !outside.has(right))
  const [owners, funders] = [people(facts.owners), people(facts.funders)]
  const ownerOf = entitiesOf(owners)
  const entityOf = entitiesOf([
    ...owners,
    ...[...endpoints].flatMap(([hotkey, endpoint]) => hostLink(hotkey, endpoint)),
    ...funders,
  ])
  const layer = (name: LayerReport['name'], what: string, holdings: readonly Holding[]): LayerReport => {
    const sums = byEntity(holdings, (holder) => holder)
    return {
      name,
      what,
      byAddress: concentrationOf([...sums.values()]),
      byOwner: concentrationOf([...byEntity(sums, ownerOf).values()]),
      byEntity: concentrationOf([...byEntity(sums, entityOf).values()]),
    }
  }
  const stake = layer('stake', 'stake by staker, worth in KOIN', facts.stake)
  const subnets = facts.subnets.map((subnet) => judgesOf(subnet, ownerOf, entityOf))
  const windows = facts.subnets.map(({ activationDelaySeconds }) => activationDelaySeconds)
  return {
    ...stageReport({
      replay: facts.replay,
      privilegedCalls: facts.subnets.flatMap(({ netuid, epochSeconds }) => ownerCalls(netuid, epochSeconds)),
      seizingCalls: [],
      validatorEntities: subnets.length === 0 ? 0 : Math.min(...subnets.map(({ entities }) => entities)),
      exitSeconds: facts.exitSeconds,
      // Disputes are anybody's (specs/0015-disputes.md section 4).
      challenge: { isPermissionless: true, windowSeconds: windows.length === 0 ? 0 : Math.min(...windows) },
      guardians: 0,
      nakamotoThirdByEntity: stake.byEntity.nakamotoThird,
    }),
    layers: [
      stake,
      layer('emission', 'alpha earned by account, worth in KOIN', facts.emission),
      layer(
        'workSold',
        'dollars collected from channels, by seat',
        facts.settled.filter(([account]) => endpoints.has(account)),
      ),
    ],
    subnets,
    entitiesBy: funders.length === 0 ? 'owner and host' : 'owner, host and first funder',
  }
}

function judgesOf(
  { netuid, epochSeconds, judges, rows }: JudgedSubnet,
  ownerOf: (holder: string) => string,
  entityOf: (holder: string) => string,
): SubnetJudges {
  const weights = rows.map((row) => new Map(unpackRow(row).map(({ uid, weight }) => [uid, weight])))
  const uids = [...new Set(weights.flatMap((row) => [...row.keys()]))]
  return {
    netuid,
    epochSeconds,
    validators: judges.length,
    owners: new Set(judges.map(ownerOf)).size,
    entities: new Set(judges.map(entityOf)).size,
    agreementPpm: meanAgreementPpm(weights.map((row) => uids.map((uid) => row.get(uid) ?? 0))),
  }
}

/** A machine of its own is told by its host; what is no http(s) address links nobody. */
function hostLink(hotkey: string, endpoint: string): readonly Link[] {
  const url = URL.parse(endpoint)
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') return []
  return [[hotkey, `host ${url.hostname}`]]
}
