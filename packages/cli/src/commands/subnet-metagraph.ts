import { viewMetagraph } from '@koinon/node/views'
import { networkOf } from '@koinon/node/wallet'
import type { Command } from 'commander'
import { parseNetuid } from '../netuid.ts'
import { runCommand } from '../runner.ts'
import { metagraphText } from '../view-words.ts'

/** `koinon subnet metagraph NETUID`: every seat, as the page of the subnet shows it. */
export function defineSubnetMetagraph(subnet: Command): void {
  subnet
    .command('metagraph')
    .description(
      'every seat of a subnet: stake, age and permit now, and incentive, dividends, consensus and rank of the last signed epoch',
    )
    .argument('[netuid]', 'number of the subnet', '1')
    .action(
      runCommand(async ({ home }, number: string) => {
        const netuid = parseNetuid(number)
        const metagraph = await viewMetagraph(networkOf(home), netuid)
        return { data: metagraph, text: metagraphText(metagraph) }
      }),
    )
}
