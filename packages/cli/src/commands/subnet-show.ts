import { createLedgerReader, readChallenges, readSubnet } from '@koinon/ledger'
import { networkOf } from '@koinon/node'
import { marketJson, readMarket } from '@koinon/subnets/pools'
import type { Command } from 'commander'
import { parseInteger, runCommand } from '../runner.ts'
import { subnetFacts, subnetJson } from '../subnet-words.ts'
import { facts } from '../table.ts'

/** `koinon subnet show`: what one is like, what a seat costs, and whose seat is claimed. */
export function defineSubnetShow(subnet: Command): void {
  subnet
    .command('show')
    .description('one subnet: its seats, their price and rules, open challenges, and what its alpha costs')
    .argument('[netuid]', 'number of the subnet', '1')
    .action(
      runCommand(async ({ home, typed }, number: string) => {
        const netuid = parseInteger(number, 'the subnet', 1, 2 ** 31 - 1)
        const network = networkOf(home)
        const place = { network, reader: createLedgerReader(network) }
        const found = await readSubnet(place, netuid)
        const [challenges, market] = await Promise.all([readChallenges(place, netuid), readMarket(place, netuid)])
        return {
          data: {
            ...subnetJson(found),
            ...marketJson(market),
            challenges: challenges.map(({ deposit, ...rest }) => ({ ...rest, depositAtomic: `${deposit}` })),
          },
          text: typed(facts(subnetFacts(found, challenges, market))),
        }
      }),
    )
}
