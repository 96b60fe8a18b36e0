/** `GET /api/network`: the network as it is now, from the index, the gateway's own table and the supervisor. */
import type { Address, Clock } from '@koinon/base'
import type { ProviderTable } from '@koinon/inference/client'
import { createLedgerReader, type NetworkFile } from '@koinon/ledger'
import type { ArgumentSum, KeyedEvent } from '@koinon/ledger/indexer'
import { createSubnetLedger, epochAt, epochPhase, epochWindow, unpackRow } from '@koinon/subnets'
import type { RoleStatus } from '../supervisor/supervised-role.ts'
import type { IndexClient } from './index-client.ts'
import { beaconJson, createRowOpeners } from './row-openers.ts'
import { sparing } from './sparing.ts'
import { createSubnetNames } from './subnet-name.ts'

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
export function createNetworkView(sources: NetworkSources): () => Promise<Record<string, unknown>> {
  const { network, netuid, index, table, clock } = sources
  const reader = createLedgerReader(network)
  const ledger = createSubnetLedger(reader, network)
  const openersOf = createRowOpeners(reader)
  const subnetName = createSubnetNames(reader, network)
  const summarise = sparing(async () => {
    const [stakes, sums, claims] = await Promise.all([
      index.newest({ contract: 'staking', names: ['Staked', 'Unstaked'], netuid, by: 'hotkey' }),
      index.sums({ ...claimsOf(netuid), sum: 'amount' }),
      index.newest(claimsOf(netuid)),
    ])
    return { stakes: stakes.result, paid: paidByAccount(sums.result, claims.result) }
  }, clock)
  return async () => {
    const [name, clockParameters, nowSeconds, endpoints, roles, { stakes, paid }, reveals] = await Promise.all([
      subnetName(netuid),
      ledger.clock(netuid),
      ledger.nowSeconds(),
      ledger.endpoints(netuid),
      sources.roles().catch(() => []),
      summarise(),
      index.events({ contract: 'weights', names: ['WeightsRevealed'], netuid, order: 'newest', limit: 64 }),
    ])
    const openers = await openersOf(reveals.result)
    const epoch = epochAt(clockParameters, nowSeconds)
    const window = epochWindow(clockParameters, epoch)
    const permitted = new Map(
      (await ledger.permittedAt(netuid, nowSeconds - 1)).map(({ hotkey, stake }) => [hotkey, stake]),
    )
    const stakeOf = new Map(stakes.map(({ key, args }) => [key, String(args['hotkeyStake'])]))
    const weights = lastWeights(reveals.result)
    const minersOfLastEpoch = new Set(
      endpoints.filter(({ hotkey }) => !permitted.has(hotkey)).map(({ hotkey }) => hotkey as string),
    )
    const earnedLast = sumLast(paid, minersOfLastEpoch)
    const online = new Set(roles.filter((role) => role.state === 'ready').map((role) => role.info?.account as string))
    const neurons = endpoints.map(({ uid, hotkey, endpoint }) => {
      const link = table.get(hotkey)
      const isValidator = permitted.has(hotkey)
      const account = paid.get(hotkey)
      const lastAmount =
        minersOfLastEpoch.has(hotkey) && account?.lastEpoch === earnedLast.epoch ? account.lastAmount : 0n
      return {
        uid,
        hotkey,
        ...nameOf(roles, hotkey),
        kind: isValidator ? 'validator' : 'miner',
        endpoint,
        online: isValidator
          ? online.has(hotkey) || !hasRole(roles)
          : link?.offer !== undefined && !link.isPaused(clock.nowMs()),
        ...(link === undefined || isValidator ? {} : { latencyMs: Math.round(link.firstByteMs * 10) / 10 }),
        stakeAtomic: stakeOf.get(hotkey) ?? '0',
        incentivePpm: earnedLast.total === 0n ? 0 : Number((lastAmount * 1_000_000n) / earnedLast.total),
        ...(weights.has(uid) ? { lastWeightPpm: weights.get(uid) } : {}),
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
          totalStakeAtomic: `${[...permitted.values()].reduce((sum, stake) => sum + stake, 0n)}`,
          neurons,
          openedRows: { byOthers: openers.filter((opener) => opener !== undefined).length, ofLast: openers.length },
        },
      ],
      models: table.models().map(({ model, offers }) => ({
        id: model,
        name: model,
        quantisation: offers[0]?.offer.quantisation,
        parameters: offers[0]?.offer.parameters,
        manifest: offers[0]?.offer.modelManifest,
        promptPricePicoUsdPerToken: `${offers[0]?.offer.promptPricePicoUsdPerToken}`,
        outputPricePicoUsdPerToken: `${offers[0]?.offer.outputPricePicoUsdPerToken}`,
        providers: offers.map(({ provider }) => provider),
      })),
    }
  }
}

type Paid = { readonly total: bigint; readonly lastEpoch: number; readonly lastAmount: bigint }
type EventLike = { readonly epoch: number | null; readonly args: Readonly<Record<string, unknown>> }

function claimsOf(netuid: number) {
  return { contract: 'epochs', names: ['Claimed'], netuid, by: 'account' } as const
}

/** All that was paid to each account, and its newest claim. A claim between the two questions shows up in the next answer. */
function paidByAccount(sums: readonly ArgumentSum[], newest: readonly KeyedEvent[]): ReadonlyMap<string, Paid> {
  const totals = new Map(sums.map(({ key, sum }) => [key, BigInt(sum)]))
  return new Map(
    newest.map(({ key, epoch, args }) => {
      const lastAmount = BigInt(String(args['amount']))
      return [key, { total: totals.get(key) ?? lastAmount, lastEpoch: epoch ?? -1, lastAmount }]
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
    total: earned.filter(({ lastEpoch }) => lastEpoch === epoch).reduce((sum, { lastAmount }) => sum + lastAmount, 0n),
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
