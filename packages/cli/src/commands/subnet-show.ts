import { createLedgerReader, readChallenges, readSubnet } from '@koinon/ledger'
import { networkOf } from '@koinon/node'
import { readEmissionShares, readMarket, shareWords } from '@koinon/subnets/pools'
import type { Command } from 'commander'
import { parseInteger, runCommand } from '../runner.ts'
import { emissionJson, marketJson, subnetFacts, subnetJson } from '../subnet-words.ts'
import { facts } from '../table.ts'

/** `koinon subnet show`: what one is like, what a seat costs, and whose seat is claimed. */
export function defineSubnetShow(subnet: Command): void {
  subnet
    .command('show')
    .description(
      'one subnet: its seats, their price and rules, open challenges, what its alpha costs, and why it gets how much of new KOIN',
    )
    .argument('[netuid]', 'number of the subnet', '1')
    .action(
      runCommand(async ({ home, typed }, number: string) => {
        const netuid = parseInteger(number, 'the subnet', 1, 2 ** 31 - 1)
        const network = networkOf(home)
        const place = { network, reader: createLedgerReader(network) }
        const found = await readSubnet(place, netuid)
        const [challenges, market, { specHash, subnets }] = await Promise.all([
          readChallenges(place, netuid),
          readMarket(place, netuid),
          readEmissionShares(place, [netuid]),
        ])
        const share = subnets.get(netuid)
        const newKoin = found.dissolvedAtSeconds === undefined ? shareWords(specHash, share) : undefined
        return {
          data: {
            ...subnetJson(found),
            ...marketJson(market),
            ...emissionJson(specHash, share),
            challenges: challenges.map(({ deposit, ...rest }) => ({ ...rest, depositAtomic: `${deposit}` })),
          },
          text: typed(facts(subnetFacts(found, challenges, market, newKoin))),
        }
      }),
    )
}
