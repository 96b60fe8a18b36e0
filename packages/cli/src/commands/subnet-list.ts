import { formatAmount } from '@koinon/base'
import { createLedgerReader, listSubnets, quoteLock, readSubnet } from '@koinon/ledger'
import { networkOf } from '@koinon/node/wallet'
import { marketJson, readMarkets } from '@koinon/subnets/pools'
import type { Command } from 'commander'
import { runCommand } from '../runner.ts'
import { subnetJson } from '../subnet-words.ts'
import { table } from '../table.ts'

/** `koinon subnet list`: the subnets that live, and what another would cost. */
export function defineSubnetList(subnet: Command): void {
  subnet
    .command('list')
    .description('the subnets of the network this home joined, and what another would cost')
    .action(
      runCommand(async ({ home }) => {
        const network = networkOf(home)
        const place = { network, reader: createLedgerReader(network) }
        const [netuids, lock, markets] = await Promise.all([listSubnets(place), quoteLock(place), readMarkets(place)])
        const subnets = await Promise.all(netuids.map((netuid) => readSubnet(place, netuid)))
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
          priceOf(item.netuid),
          formatAmount(item.stake),
          formatAmount(item.seatPrice),
        ])
        return {
          data: {
            subnets: subnets.map((item) => {
              const market = marketOf.get(item.netuid)
              return { ...subnetJson(item), ...(market === undefined ? {} : marketJson(market)) }
            }),
            lockAtomic: `${lock}`,
          },
          text: `${table(['netuid', 'name', 'seats', 'validators', 'alpha in KOIN', 'stake weighs', 'seat KOIN'], rows)}\n\nAnother one costs ${formatAmount(lock)} KOIN now, which its pool begins with.`,
        }
      }),
    )
}
