/** `GET /api/subnets`: all subnets with their share of the emission and what they paid, from the ledger and the index. */
import { createLedgerReader, listSubnets, type NetworkFile } from '@koinon/ledger'
import { emissionAbi, subnetsAbi } from '@koinon/ledger/abis'
import { createSubnetLedger, epochAt, epochPhase, epochWindow } from '@koinon/subnets'
import type { IndexClient } from './index-client.ts'

const million = 1_000_000n

export type SubnetsView = () => Promise<Record<string, unknown>>

export function createSubnetsView(sources: {
  readonly network: NetworkFile
  readonly index: IndexClient
}): SubnetsView {
  const { network, index } = sources
  const reader = createLedgerReader(network)
  const ledger = createSubnetLedger(reader, network)
  return async () => {
    const [living, created, paid, nowSeconds] = await Promise.all([
      listSubnets({ network, reader }),
      index.events({ contract: 'subnets', names: ['SubnetCreated'] }),
      index.sums({ contract: 'epochs', names: ['Claimed'], by: 'netuid', sum: 'amount' }),
      ledger.nowSeconds(),
    ])
    const paidOf = new Map(paid.result.map(({ key, sum }) => [Number(key), sum]))
    const subnets = await Promise.all(
      created.result.map(async ({ netuid: found }) => {
        const netuid = found ?? 0
        const [subnet, clock, permitted, accrued] = await Promise.all([
          reader.readContract({
            address: network.contracts.subnets,
            abi: subnetsAbi,
            functionName: 'subnet',
            args: [netuid],
          }),
          ledger.clock(netuid),
          ledger.permittedAt(netuid, nowSeconds - 1),
          reader.readContract({
            address: network.contracts.emission,
            abi: emissionAbi,
            functionName: 'accruedUntil',
            args: [netuid, BigInt(nowSeconds - 1)],
            // Where blocks come on demand the last one may be older than the time that is asked about.
            blockTag: 'pending',
          }),
        ])
        const current = epochAt(clock, nowSeconds)
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
          // Version 1 of the emission: existing subnets share equally (specs/0010-seats-stake-emission.md section 4).
          emissionSharePpm: subnet.dissolvedAt === 0 ? Number(million / BigInt(living.length)) : 0,
          ...(subnet.dissolvedAt === 0 ? {} : { dissolvedAtSeconds: Number(subnet.dissolvedAt) }),
          accruedAtomic: `${accrued}`,
          paidAtomic: paidOf.get(netuid) ?? '0',
        }
      }),
    )
    return { asOfBlock: created.asOfBlock, subnets }
  }
}
