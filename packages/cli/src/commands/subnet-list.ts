import { formatAmount } from '@koinon/base'
import { createLedgerReader, listSubnets, quoteLock, readSubnet } from '@koinon/ledger'
import { viewSubnets } from '@koinon/node/views'
import { networkOf } from '@koinon/node/wallet'
import { marketJson, readMarkets } from '@koinon/subnets/pools'
import type { Command } from 'commander'
import { shareText } from '../format/percent.ts'
import { utcTime } from '../format/time.ts'
import { runCommand } from '../runner.ts'
import { subnetJson } from '../subnet-words.ts'
import { table } from '../table.ts'
import { signedAmount } from '../view-words.ts'

/** `koinon subnet list`: the subnets that live, and what another would cost. */
export function defineSubnetList(subnet: Command): void {
  subnet
    .command('list')
    .description('the subnets of the network this home joined, and what another would cost')
    .action(
      runCommand(async ({ home }) => {
        const network = networkOf(home)
        const view = { network, reader: createLedgerReader(network) }
        const [netuids, lock, markets, shown] = await Promise.all([
          listSubnets(view),
          quoteLock(view),
          readMarkets(view),
          // The list itself needs no logs: a server that gives none leaves flow and share unknown.
          viewSubnets(network).catch(() => undefined),
        ])
        const shownOf = new Map(shown?.subnets.map((one) => [one.netuid, one]))
        const since = (shown?.subnets ?? []).flatMap(({ flow }) => (flow === undefined ? [] : [flow.sinceSeconds]))
        const subnets = await Promise.all(netuids.map((netuid) => readSubnet(view, netuid)))
        const marketOf = new Map(markets.map((market) => [market.netuid, market]))
        const priceOf = (netuid: number): string => {
          const market = marketOf.get(netuid)
          return market !== undefined && 'pool' in market ? formatAmount(market.price) : ''
        }
        const rows = subnets.map((item) => [
          `${item.netuid}`,
          item.name,
          `${item.neurons}/${item.maxNeurons}`,
          `${item.validators}/${item.maxValidators}`,
          shareText(shownOf.get(item.netuid)?.emissionSharePpm),
          priceOf(item.netuid),
          flowOf(shownOf.get(item.netuid)),
          formatAmount(item.stake),
          formatAmount(item.seatPrice),
        ])
        return {
          data: {
            subnets: subnets.map((item) => {
              const market = marketOf.get(item.netuid)
              const { emissionSharePpm, flow } = shownOf.get(item.netuid) ?? {}
              return {
                ...subnetJson(item),
                ...(market === undefined ? {} : marketJson(market)),
                ...(emissionSharePpm === undefined ? {} : { emissionSharePpm }),
                ...(flow === undefined ? {} : { flow }),
              }
            }),
            lockAtomic: `${lock}`,
          },
          text: `${table(['netuid', 'name', 'seats', 'validators', 'of new KOIN', 'alpha in KOIN', 'flow KOIN', 'stake weighs', 'seat KOIN'], rows)}\n\n${since.length === 0 ? '' : `Flow: KOIN that people brought into the pool less what they took out, by trades, in the last day; since ${utcTime(Math.min(...since))} at the earliest.\n`}Another one costs ${formatAmount(lock)} KOIN now, which its pool begins with.`,
        }
      }),
    )
}

/** `-` where neither a gateway nor the ledger's logs tell it. */
function flowOf(shown: Awaited<ReturnType<typeof viewSubnets>>['subnets'][number] | undefined): string {
  return shown?.flow === undefined ? '-' : signedAmount(shown.flow.netAtomic)
}
