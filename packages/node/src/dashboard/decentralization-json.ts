/**
 * `GET /api/decentralization`: who holds how much of stake, emission, work sold and votes, by address and by entity, and the stage that
 * follows (specs/0019-audit.md sections 4 and 5). Everything is a sum over public events.
 */
import { createLedgerReader, type NetworkFile } from '@koinon/ledger'
import { stakingAbi } from '@koinon/ledger/abis'
import type { ArgumentSum } from '@koinon/ledger/indexer'
import {
  byEntity,
  type Concentration,
  concentrationOf,
  createSubnetLedger,
  entitiesOf,
  type Link,
  type SubnetLedger,
  stageReport,
} from '@koinon/subnets'
import { ownerCalls } from '../audit/owner-calls.ts'
import { originOf } from '../gateway/endpoint-origin.ts'
import type { IndexClient } from './index-client.ts'

const zeroAddress = `0x${'00'.repeat(20)}`

export type DecentralizationView = () => Promise<Record<string, unknown>>

export function createDecentralizationView(sources: {
  readonly network: NetworkFile
  readonly index: IndexClient
}): DecentralizationView {
  const { network, index } = sources
  const reader = createLedgerReader(network)
  const ledger = createSubnetLedger(reader, network)
  return async () => {
    const [created, unbondingSeconds, staked, unstaked, emission, settled, seats, funded] = await Promise.all([
      index.events({ contract: 'subnets', names: ['SubnetCreated'] }),
      reader.readContract({ address: network.contracts.staking, abi: stakingAbi, functionName: 'unbondingSeconds' }),
      index.sums({ contract: 'staking', names: ['Staked'], by: 'staker', sum: 'amount' }),
      index.sums({ contract: 'staking', names: ['Unstaked'], by: 'staker', sum: 'amount' }),
      index.sums({ contract: 'epochs', names: ['Claimed'], by: 'account', sum: 'amount' }),
      index.sums({ contract: 'channels', names: ['Settled'], by: 'receiver', sum: 'amount' }),
      index.newest({ contract: 'subnets', names: ['NeuronRegistered', 'EndpointSet'], by: 'hotkey' }),
      index.first({ contract: 'token', names: ['Transfer'], by: 'to' }),
    ])
    const contracts = new Set<string>(Object.values(network.contracts))
    const links: readonly Link[] = [
      ...seats.result.flatMap(({ key, args }) => hostLinks(key, String(args['endpoint'] ?? ''))),
      ...funded.result.flatMap(({ key, args }): Link[] => {
        const from = String(args['from'])
        return from === zeroAddress || contracts.has(from) ? [] : [[key, from]]
      }),
    ]
    const entityOf = entitiesOf(links)
    const registered = new Set(seats.result.map(({ key }) => key))
    const stake = minus(staked.result, unstaked.result)
    const layers = [
      layer('stake', 'KOIN staked, by who staked it', stake, entityOf),
      layer('emission', 'KOIN claimed, by account', amounts(emission.result), entityOf),
      layer(
        'workSold',
        'Dollars collected from channels, by seat',
        amounts(settled.result).filter(([account]) => registered.has(account)),
        entityOf,
      ),
      { name: 'votes', what: 'Nothing is voted on in this version.' },
    ]
    const netuids = created.result.map(({ netuid }) => netuid ?? 0)
    const judged = await Promise.all(netuids.map((netuid) => judgesOf(ledger, netuid, entityOf)))
    const report = stageReport({
      replay: 'notRun',
      privilegedCalls: judged.flatMap(({ netuid, epochSeconds }) => ownerCalls(netuid, epochSeconds)),
      seizingCalls: [],
      validatorEntities: judged.length === 0 ? 0 : Math.min(...judged.map(({ entities }) => entities)),
      exitSeconds: unbondingSeconds,
      challenge: { isPermissionless: false, windowSeconds: 0 },
      guardians: 0,
      nakamotoThirdByEntity: concentrationOf([...byEntity(stake, entityOf).values()]).nakamotoThird,
    })
    return { asOfBlock: staked.asOfBlock, ...report, layers, validators: judged }
  }
}

type Holding = readonly [holder: string, amount: bigint]

function layer(name: string, what: string, holdings: readonly Holding[], entityOf: (holder: string) => string) {
  return {
    name,
    what,
    byAddress: figures(concentrationOf(holdings.map(([, amount]) => amount))),
    byEntity: figures(concentrationOf([...byEntity(holdings, entityOf).values()])),
  }
}

function figures({ total, ...rest }: Concentration): Record<string, number | string> {
  return { ...rest, totalAtomic: `${total}` }
}

function amounts(sums: readonly ArgumentSum[]): readonly Holding[] {
  return sums.map(({ key, sum }) => [key, BigInt(sum)])
}

function minus(added: readonly ArgumentSum[], taken: readonly ArgumentSum[]): readonly Holding[] {
  const takenBy = new Map(taken.map(({ key, sum }) => [key, BigInt(sum)]))
  return amounts(added).map(([holder, amount]) => [holder, amount - (takenBy.get(holder) ?? 0n)])
}

/** A machine of its own is told by its host; what is no address links nobody. */
function hostLinks(hotkey: string, endpoint: string): readonly Link[] {
  try {
    return [[hotkey, `host ${new URL(originOf(endpoint)).hostname}`]]
  } catch {
    return []
  }
}

/** Who may judge in a subnet now. */
async function judgesOf(ledger: SubnetLedger, netuid: number, entityOf: (holder: string) => string) {
  const [clock, nowSeconds] = await Promise.all([ledger.clock(netuid), ledger.nowSeconds()])
  const permitted = await ledger.permittedAt(netuid, nowSeconds - 1)
  return {
    netuid,
    epochSeconds: clock.epochSeconds,
    validators: permitted.length,
    entities: new Set(permitted.map(({ hotkey }) => entityOf(hotkey))).size,
  }
}
