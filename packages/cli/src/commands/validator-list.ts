import { viewValidators } from '@koinon/node/views'
import { networkOf } from '@koinon/node/wallet'
import type { Command } from 'commander'
import { parseNetuid } from '../netuid.ts'
import { runCommand } from '../runner.ts'
import { validatorsText } from '../view-words.ts'

/** `koinon validator list [NETUID]`: who judges, as the page Validators shows it. */
export function defineValidatorList(validator: Command): void {
  validator
    .command('list')
    .description('validators with stake, take, permit, the last result they signed and how their weights agree')
    .argument('[netuid]', 'one subnet only')
    .action(
      runCommand(async ({ home }, number: string | undefined) => {
        const netuid = number === undefined ? undefined : parseNetuid(number)
        const found = await viewValidators(networkOf(home), netuid)
        return { data: found, text: validatorsText(found) }
      }),
    )
}
