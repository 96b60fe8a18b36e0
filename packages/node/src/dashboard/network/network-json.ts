/** `GET /api/network`: the network as it is now, from the index, the gateway's own table and the supervisor. */
import type { Address, Clock } from '@koinon/base'
import type { ProviderTable } from '@koinon/inference/client'
import { createLedgerReader, type NetworkFile } from '@koinon/ledger'
import type { ArgumentSum, KeyedEvent } from '@koinon/ledger/indexer'
import { createSubnetLedger, epochAt, epochPhase, epochWindow, unpackRow } from '@koinon/subnets'
import { readMarket } from '@koinon/subnets/pools'
import type { ModelJson, NetworkJson, NeuronJson } from '@koinon/work/dashboard'
import type { RoleStatus } from '../../supervisor/supervised-role.ts'
import { beaconJson, createRowOpeners } from '../epochs/row-openers.ts'
import type { IndexClient } from '../index-client.ts'
import { sparing } from '../sparing.ts'
import { createSubnetNames } from '../subnets/subnet-name.ts'

export type NetworkSources = {
  readonly network: NetworkFile
  readonly account: Address
  readonly netuid: number
  readonly index: IndexClient
  readonly table: ProviderTable
  readonly roles: () => Promise<readonly RoleStatus[]>
  readonly clock: Clock
}

/** Builds answers for one network; keeps a ledger view of its own. */
export function createNetworkView(sources: NetworkSources): () => Promise<NetworkJson> {
  const { network, netuid, index, table, clock } = sources
  const reader = createLedgerReader(network)
  const ledger = createSubnetLedger(reader, network, 'all')
  const openersOf = createRowOpeners(reader)
  const subnetName = createSubnetNames(reader, network)
  const summarise = sparing(async () => {
    const [weights, sought, mined, dividends, claims] = await Promise.all([
      index.newest({ contract: 'staking', names: ['WeightChanged'], netuid, by: 'hotkey' }),
      index.newest({ contract: 'permits', names: ['PermitSought'], netuid, by: 'hotkey' }),
      index.sums({ ...claimsOf(netuid), sum: 'mined' }),
      index.sums({ ...claimsOf(netuid), sum: 'dividends' }),
      index.newest(claimsOf(netuid)),
    ])
    return {
      weights: weights.result,
      seeking: new Set(sought.result.filter(({ args }) => args['seeks'] === true).map(({ key }) => key)),
      paid: paidByAccount([...mined.result, ...dividends.result], claims.result),
    }
  }, clock)
  return async () => {
    const [name, clockParameters, nowSeconds, endpoints, roles, summary, reveals, market] = await Promise.all([
      subnetName(netuid),
      ledger.clock(netuid),
      ledger.nowSeconds(),
      ledger.endpoints(netuid),
      sources.roles().catch(() => []),
      summarise(),
      index.events({ contract: 'weights', names: ['WeightsRevealed'], netuid, order: 'newest', limit: 64 }),
      readMarket({ network, reader }, netuid),
    ])
    const { paid } = summary
    const openers = await openersOf(reveals.result)
    const epoch = epochAt(clockParameters, nowSeconds)
    const window = epochWindow(clockParameters, epoch)
    const permitted = new Map(
      (await ledger.permittedAt(netuid, nowSeconds - 1)).map(({ hotkey, stake }) => [hotkey, stake]),
    )
    const stakeOf = new Map(summary.weights.map(({ key, args }) => [key, String(args['weight'])]))
    const weights = lastWeights(reveals.result)
    const minersOfLastEpoch = new Set(
      endpoints.filter(({ hotkey }) => !permitted.has(hotkey)).map(({ hotkey }) => hotkey as string),
    )
    const earnedLast = sumLast(paid, minersOfLastEpoch)
    const online = new Set(roles.filter((role) => role.state === 'ready').map((role) => role.info?.account as string))
    const neurons = endpoints.map(({ uid, hotkey, endpoint }): NeuronJson => {
      const link = table.get(hotkey)
      const isValidator = permitted.has(hotkey)
      const account = paid.get(hotkey)
      const lastWeightPpm = weights.get(uid)
      const lastMined =
        minersOfLastEpoch.has(hotkey) && account?.lastEpoch === earnedLast.epoch ? account.lastMined : 0n
      return {
        uid,
        hotkey,
        ...nameOf(roles, hotkey),
        kind: isValidator ? 'validator' : 'miner',
        ...(summary.seeking.has(hotkey) && !isValidator ? { seeksPermit: true } : {}),
        endpoint,
        online: isValidator
          ? online.has(hotkey) || !hasRole(roles)
          : link?.offer !== undefined && !link.isPaused(clock.nowMs()),
        ...(link === undefined || isValidator ? {} : { latencyMs: Math.round(link.firstByteMs * 10) / 10 }),
        stakeAtomic: stakeOf.get(hotkey) ?? '0',
        incentivePpm: earnedLast.total === 0n ? 0 : Number((lastMined * 1_000_000n) / earnedLast.total),
        ...(lastWeightPpm === undefined ? {} : { lastWeightPpm }),
        paidAtomic: `${account?.total ?? 0n}`,
        ...(link?.lastReason === undefined || isValidator ? {} : { note: noteOf(link.lastReason) }),
      }
    })
    return {
      asOfBlock: reveals.asOfBlock,
      asOfAtMs: clock.nowMs(),
      name: network.name,
      chainId: network.chainId,
      chainKind: network.chainKind,
      isTest: network.isTest,
      beacon: beaconJson(network),
      gateway: { account: sources.account, url: network.gatewayUrl },
      roles: roles.map(({ info: _info, lastError: _lastError, ...role }) => role),
      subnets: [
        {
          netuid,
          name,
          epochSeconds: clockParameters.epochSeconds,
          currentEpoch: epoch,
          epochStartedAtSeconds: window.startsAtSeconds,
          epochEndsAtSeconds: window.endsAtSeconds,
          // Two epochs overlap: this one collects work while the last one is judged.
          phase: epoch === 0 ? 'open' : epochPhase(epochWindow(clockParameters, epoch - 1), nowSeconds),
          ...('pool' in market ? { priceWad: `${market.price}` } : {}),
          totalStakeAtomic: `${[...permitted.values()].reduce((sum, stake) => sum + stake, 0n)}`,
          neurons,
          openedRows: { byOthers: openers.filter((opener) => opener !== undefined).length, ofLast: openers.length },
        },
      ],
      models: table.models().map(modelJson),
    }
  }
}

/** As its first provider offers it: a model is listed because somebody does. */
function modelJson({ model, offers }: ReturnType<ProviderTable['models']>[number]): ModelJson {
  const [{ offer }] = offers as readonly [(typeof offers)[number]]
  return {
    id: model,
    name: model,
    quantisation: offer.quantisation,
    parameters: offer.parameters,
    manifest: offer.modelManifest,
    promptPricePicoUsdPerToken: `${offer.promptPricePicoUsdPerToken}`,
    outputPricePicoUsdPerToken: `${offer.outputPricePicoUsdPerToken}`,
    providers: offers.map(({ provider }) => provider),
  }
}

/** Alpha, atomic units. */
type Paid = { readonly total: bigint; readonly lastEpoch: number; readonly lastMined: bigint }
type EventLike = { readonly epoch: number | null; readonly args: Readonly<Record<string, unknown>> }

function claimsOf(netuid: number) {
  return { contract: 'epochs', names: ['Claimed'], netuid, by: 'account' } as const
}

/**
 * All that was paid to each account, and what it mined by its newest claim. A claim between the two questions shows up in the next answer.
 */
function paidByAccount(sums: readonly ArgumentSum[], newest: readonly KeyedEvent[]): ReadonlyMap<string, Paid> {
  const totals = new Map<string, bigint>()
  for (const { key, sum } of sums) totals.set(key, (totals.get(key) ?? 0n) + BigInt(sum))
  return new Map(
    newest.map(({ key, epoch, args }) => {
      const lastMined = BigInt(String(args['mined']))
      return [key, { total: totals.get(key) ?? lastMined, lastEpoch: epoch ?? -1, lastMined }]
    }),
  )
}

function sumLast(
  paid: ReadonlyMap<string, Paid>,
  accounts: ReadonlySet<string>,
): { readonly epoch: number; readonly total: bigint } {
  const earned = [...paid].filter(([account]) => accounts.has(account)).map(([, value]) => value)
  const epoch = Math.max(-1, ...earned.map(({ lastEpoch }) => lastEpoch))
  return {
    epoch,
    total: earned.filter(({ lastEpoch }) => lastEpoch === epoch).reduce((sum, { lastMined }) => sum + lastMined, 0n),
  }
}

/** Mean of the weights that a neuron got in the last epoch with revealed ones, in millionths of the highest possible. */
function lastWeights(reveals: readonly EventLike[]): ReadonlyMap<number, number> {
  const epoch = reveals[0]?.epoch
  const rows = reveals
    .filter((reveal) => reveal.epoch === epoch)
    .map(({ args }) => unpackRow(args['row'] as `0x${string}`))
  const sums = new Map<number, number>()
  for (const row of rows) for (const { uid, weight } of row) sums.set(uid, (sums.get(uid) ?? 0) + weight)
  return new Map([...sums].map(([uid, sum]) => [uid, Math.round((sum / rows.length / 65_535) * 1_000_000)]))
}

function nameOf(roles: readonly RoleStatus[], hotkey: string): { readonly name?: string } {
  const role = roles.find((candidate) => candidate.info?.account === hotkey)
  return role === undefined ? {} : { name: role.name }
}

function hasRole(roles: readonly RoleStatus[]): boolean {
  return roles.some((role) => role.kind === 'validator')
}

function noteOf(reason: string): string {
  if (reason === 'dishonest') return 'sent a receipt that did not hold; not asked for a while'
  return reason === 'unreachable' ? 'did not answer lately' : 'refused work lately'
}
