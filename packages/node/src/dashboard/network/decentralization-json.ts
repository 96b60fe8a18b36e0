/**
 * `GET /api/decentralization`: who holds how much of stake, emission, work sold and votes, by address, owner and entity, and the stage that
 * follows (specs/0019-audit.md sections 4 and 5). The report is the audit's; here its facts are sums that the index keeps.
 */
import { type Address, toAddress } from '@koinon/base'
import { createLedgerReader, type LedgerView, type NetworkFile } from '@koinon/ledger'
import { alphaStakingAbi } from '@koinon/ledger/abis'
import type { ArgumentSum } from '@koinon/ledger/indexer'
import {
  createSubnetLedger,
  type DecentralizationReport,
  decentralizationReport,
  type Holding,
  inParallel,
  type JudgedSubnet,
  worthOfShares,
} from '@koinon/subnets'
import { koinWorth, readMarkets, rootNetuid } from '@koinon/subnets/pools'
import type { ConcentrationJson, DecentralizationJson } from '@koinon/work/dashboard'
import type { LastAudit } from '../../home/last-audit.ts'
import type { IndexClient } from '../index-client.ts'

const readsAtOnce = 8

export type DecentralizationView = () => Promise<DecentralizationJson>

export function createDecentralizationView(sources: {
  readonly network: NetworkFile
  readonly index: IndexClient
  readonly lastAudit?: (() => LastAudit | undefined) | undefined
}): DecentralizationView {
  const { network, index, lastAudit } = sources
  const reader = createLedgerReader(network)
  const ledger = createSubnetLedger(reader, network, 'all')
  return async () => {
    const [
      created,
      dissolved,
      staked,
      unstaked,
      mined,
      dividends,
      settled,
      seats,
      registered,
      agents,
      funded,
      markets,
      exitSeconds,
    ] = await Promise.all([
      index.events({ contract: 'subnets', names: ['SubnetCreated'] }),
      index.events({ contract: 'subnets', names: ['SubnetDissolved'] }),
      index.sums({ ...positionsOf(['Staked']), sum: 'shares' }),
      index.sums({ ...positionsOf(['Unstaked']), sum: 'shares' }),
      index.sums({ ...claimsOf, sum: 'mined' }),
      index.sums({ ...claimsOf, sum: 'dividends' }),
      index.sums({ contract: 'channels', names: ['Settled'], by: 'receiver', sum: 'amount' }),
      index.newest({ contract: 'subnets', names: ['NeuronRegistered', 'EndpointSet'], by: 'hotkey' }),
      index.newest({ contract: 'subnets', names: ['NeuronRegistered'], by: 'hotkey' }),
      index.newest({ contract: 'identity', names: ['Transfer'], by: 'tokenId' }),
      index.first({ contract: 'token', names: ['Transfer'], by: 'to' }),
      readMarkets({ network, reader }),
      reader.readContract({
        address: network.contracts.staking,
        abi: alphaStakingAbi,
        functionName: 'unbondingSeconds',
      }),
    ])
    const audit = lastAudit?.()
    const ownerOf = new Map(agents.result.map(({ key, args }) => [key, String(args['to'])]))
    const marketOf = new Map(markets.map((market) => [market.netuid, market]))
    const worth = (netuid: number, amount: bigint): bigint =>
      netuid === rootNetuid ? amount : koinWorth(marketOf.get(netuid), amount)
    const ended = new Set(dissolved.result.map(({ netuid }) => netuid))
    const living = created.result.flatMap(({ netuid }) => (netuid === null || ended.has(netuid) ? [] : [netuid]))
    const report = decentralizationReport({
      replay: audit?.isWhole === true ? audit.outcome : 'notRun',
      stake: await stakeOf({ network, reader }, minus(staked.result, unstaked.result), worth),
      emission: plus(mined.result, dividends.result).map(([key, alpha]) => {
        const [netuid, account] = key.split('/') as [string, string]
        return [account, worth(Number(netuid), alpha)]
      }),
      settled: settled.result.map(({ key, sum }) => [key, BigInt(sum)]),
      endpoints: seats.result.map(({ key, args }) => [key, String(args['endpoint'] ?? '')]),
      owners: registered.result.flatMap(({ key, args }) => {
        const owner = ownerOf.get(String(args['agentId']))
        return owner === undefined ? [] : [[key, owner] as const]
      }),
      funders: funded.result.map(({ key, args }) => [key, String(args['from'])]),
      contracts: Object.values(network.contracts),
      subnets: await Promise.all(
        living.map(async (netuid): Promise<JudgedSubnet> => {
          const [clock, nowSeconds] = await Promise.all([ledger.clock(netuid), ledger.nowSeconds()])
          const permitted = await ledger.permittedAt(netuid, nowSeconds - 1)
          return { netuid, ...clock, judges: permitted.map(({ hotkey }) => hotkey), rows: [] }
        }),
      ),
      exitSeconds,
    })
    return {
      asOfBlock: staked.asOfBlock,
      ...decentralizationJson(report),
      ...(audit === undefined ? {} : { audit: auditJson(audit) }),
    }
  }
}

/** As the page reads it. */
export function decentralizationJson(
  report: DecentralizationReport,
): Omit<DecentralizationJson, 'asOfBlock' | 'audit'> {
  const { layers, subnets, entitiesBy: _, ...stage } = report
  return {
    ...stage,
    layers: [
      ...layers.map(({ name, what, byAddress, byOwner, byEntity }) => ({
        name,
        what,
        byAddress: figures(byAddress),
        byOwner: figures(byOwner),
        byEntity: figures(byEntity),
      })),
      { name: 'votes', what: 'nothing is voted on in this version' },
    ],
    validators: subnets.map(({ agreementPpm: __, ...judges }) => judges),
  }
}

/** When and what, without which ledger. */
function auditJson(audit: LastAudit): NonNullable<DecentralizationJson['audit']> {
  const { chainId: _, epochsContract: __, ...told } = audit
  return told
}

const claimsOf = { contract: 'epochs', names: ['Claimed'], by: ['netuid', 'account'] } as const

function positionsOf(names: readonly string[]) {
  return { contract: 'staking', names, by: ['netuid', 'hotkey', 'staker'] } as const
}

function plus(left: readonly ArgumentSum[], right: readonly ArgumentSum[]): readonly Holding[] {
  const rest = new Map(right.map(({ key, sum }) => [key, BigInt(sum)]))
  return left.map(({ key, sum }): Holding => [key, BigInt(sum) + (rest.get(key) ?? 0n)])
}

/** Shares of each `netuid/hotkey/staker`. */
function minus(added: readonly ArgumentSum[], taken: readonly ArgumentSum[]): readonly Holding[] {
  const takenBy = new Map(taken.map(({ key, sum }) => [key, BigInt(sum)]))
  return added.map(({ key, sum }): Holding => [key, BigInt(sum) - (takenBy.get(key) ?? 0n)])
}

/** What each position is worth by the pool of its hotkey now; a position that moved since the index looked is off by that. */
async function stakeOf(
  { network, reader }: LedgerView,
  positions: readonly Holding[],
  worth: (netuid: number, amount: bigint) => bigint,
): Promise<readonly Holding[]> {
  const held = positions.flatMap(([key, shares]) => {
    const [netuid, hotkey, staker] = key.split('/') as [string, Address, Address]
    return shares > 0n ? [{ netuid: Number(netuid), hotkey, staker, shares }] : []
  })
  const byHotkey = [...Map.groupBy(held, ({ netuid, hotkey }) => `${netuid}/${hotkey}`).values()]
  const holdings = await inParallel(byHotkey, readsAtOnce, async (list): Promise<readonly Holding[]> => {
    const [{ netuid, hotkey }] = list as [(typeof held)[number]]
    const state = await reader.readContract({
      address: network.contracts.staking,
      abi: alphaStakingAbi,
      functionName: 'hotkeyOf',
      args: [netuid, toAddress(hotkey)],
      blockTag: 'pending',
    })
    const pool = { assets: state.stakedAssets, shares: state.stakedShares }
    return list.map(({ staker, shares }) => [staker, worth(netuid, worthOfShares(pool, shares))])
  })
  return holdings.flat()
}

function figures({ total, ...rest }: DecentralizationReport['layers'][number]['byAddress']): ConcentrationJson {
  return { ...rest, totalAtomic: `${total}` }
}
