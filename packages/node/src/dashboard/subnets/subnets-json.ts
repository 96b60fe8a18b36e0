/** `GET /api/subnets`: all subnets with their share of the emission, their price and what they paid, from the ledger and the index. */
import { createLedgerReader, type LedgerView, type NetworkFile } from '@koinon/ledger'
import { convictionAbi, poolEmissionAbi, subnetsAbi, subnetTermsAbi } from '@koinon/ledger/abis'
import { createSubnetLedger, epochAt, epochPhase, epochWindow } from '@koinon/subnets'
import {
  marketJson,
  netuidsOf,
  policyWords,
  readEmissionShares,
  readMarkets,
  readPendingChanges,
  readSplit,
  shareWords,
} from '@koinon/subnets/pools'
import type { SubnetRowJson, SubnetsJson } from '@koinon/work/dashboard'
import type { IndexClient } from '../index-client.ts'
import { readKoinFlows } from './koin-flow-json.ts'

const million = 1_000_000n

export type SubnetsView = () => Promise<SubnetsJson>

export function createSubnetsView(sources: {
  readonly network: NetworkFile
  readonly index: IndexClient
}): SubnetsView {
  const { network, index } = sources
  const reader = createLedgerReader(network)
  const ledger = createSubnetLedger(reader, network, 'all')
  const emission = { address: network.contracts.emission, abi: poolEmissionAbi } as const
  return async () => {
    const [netuids, steps, markets, nowSeconds, finalUntil] = await Promise.all([
      netuidsOf({ network, reader }),
      index.events({ contract: 'emission', names: ['StepOpened'], order: 'newest', limit: 1 }),
      readMarkets({ network, reader }),
      ledger.nowSeconds(),
      reader.readContract({ ...emission, functionName: 'finalUntil' }),
    ])
    const [emitted, flowOf] = await Promise.all([
      readEmissionShares({ network, reader }, netuids),
      readKoinFlows(index, nowSeconds),
    ])
    const shareOf = sharesPpm(steps.result[0]?.args)
    const marketOf = new Map(markets.map((market) => [market.netuid, market]))
    const subnets = await Promise.all(
      netuids.map(async (netuid): Promise<SubnetRowJson> => {
        const [subnet, clock, permitted, accrued, paid, changes] = await Promise.all([
          reader.readContract({
            address: network.contracts.subnets,
            abi: subnetsAbi,
            functionName: 'subnet',
            args: [netuid],
          }),
          ledger.clock(netuid),
          ledger.permittedAt(netuid, nowSeconds - 1),
          reader.readContract({ ...emission, functionName: 'accruedUntil', args: [netuid, finalUntil] }),
          reader.readContract({ ...emission, functionName: 'paidOf', args: [netuid] }),
          changesJson({ network, reader }, netuid, nowSeconds),
        ])
        const market = marketOf.get(netuid)
        const current = epochAt(clock, nowSeconds)
        const split = subnet.dissolvedAt === 0 ? await readSplit({ network, reader }, netuid, clock) : undefined
        return {
          netuid,
          name: subnet.name,
          owner: subnet.owner.toLowerCase(),
          epochSeconds: clock.epochSeconds,
          currentEpoch: current,
          phase: current <= 0 ? 'open' : epochPhase(epochWindow(clock, current - 1), nowSeconds),
          seats: subnet.neuronCount,
          maximumSeats: subnet.maxNeurons,
          validators: permitted.length,
          stakeAtomic: `${permitted.reduce((sum, { stake }) => sum + stake, 0n)}`,
          emissionSharePpm: subnet.dissolvedAt === 0 ? (shareOf.get(netuid) ?? 0) : 0,
          ...(subnet.dissolvedAt === 0
            ? { emissionWhy: shareWords(emitted.specHash, emitted.subnets.get(netuid)) }
            : { dissolvedAtSeconds: Number(subnet.dissolvedAt) }),
          ...(subnet.dissolvedAt === 0 ? changes : {}),
          ...(market === undefined ? {} : marketJson(market)),
          ...(market !== undefined && 'pool' in market ? { flow: flowOf(netuid, market.openedAtSeconds) } : {}),
          ...(split === undefined ? {} : { split }),
          accruedAtomic: sumOf(accrued),
          paidAtomic: sumOf(paid),
        }
      }),
    )
    return { asOfBlock: steps.asOfBlock, emissionBy: policyWords(emitted.specHash), subnets }
  }
}

/** Shares of the KOIN that the last step issued, millionths; none before the first step. */
export function sharesPpm(step: Readonly<Record<string, unknown>> | undefined): ReadonlyMap<number, number> {
  const netuids = (step?.['netuids'] ?? []) as readonly (string | number)[]
  const shares = (step?.['shares'] ?? []) as readonly string[]
  return new Map(
    netuids.map((netuid, place) => [Number(netuid), Number((BigInt(shares[place] ?? 0) * million) >> 64n)]),
  )
}

/** What was announced and does not hold yet, and who contests the ownership. */
async function changesJson(
  view: LedgerView,
  netuid: number,
  nowSeconds: number,
): Promise<Pick<SubnetRowJson, 'announced' | 'contest'>> {
  const { contracts } = view.network
  const [{ texts, parts }, history, open] = await Promise.all([
    readPendingChanges(view, netuid),
    view.reader.readContract({
      address: contracts.terms,
      abi: subnetTermsAbi,
      functionName: 'rulesHistoryOf',
      args: [netuid],
    }),
    view.reader.readContract({
      address: contracts.conviction,
      abi: convictionAbi,
      functionName: 'contestOf',
      args: [netuid],
    }),
  ])
  const rules = history.at(-1)
  const announced = {
    ...(texts === undefined ? {} : { texts: { fromSeconds: texts.fromSeconds, specHash: texts.specHash } }),
    ...(parts === undefined ? {} : { parts }),
    ...(rules !== undefined && rules.from > nowSeconds ? { rules: { fromSeconds: rules.from } } : {}),
  }
  return {
    ...(Object.keys(announced).length === 0 ? {} : { announced }),
    ...(open.endsAt === 0 ? {} : { contest: { candidate: open.candidate.toLowerCase(), fromSeconds: open.endsAt } }),
  }
}

function sumOf(parts: Readonly<Record<'owner' | 'miners' | 'dividends', bigint>>): string {
  return `${parts.owner + parts.miners + parts.dividends}`
}
