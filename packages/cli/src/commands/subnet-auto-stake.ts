import { toAddress } from '@koinon/base'
import { readAutoStake, setAutoStake } from '@koinon/subnets/pools'
import type { Command } from 'commander'
import { parseNetuid } from '../netuid.ts'
import { openHotkey } from '../pool-account.ts'
import { confirm, runCommand, testYesHelp } from '../runner.ts'
import { facts } from '../table.ts'

type AutoStakeFlags = { readonly account: string; readonly yes?: boolean }

/** `koinon subnet auto-stake`: on which hotkey what an account earns in a subnet is staked. */
export function defineSubnetAutoStake(subnet: Command): void {
  subnet
    .command('auto-stake')
    .description(
      'on which hotkey the alpha is staked that an account earns as a miner or owner; with a hotkey, choose it',
    )
    .argument('<netuid>', 'number of the subnet')
    .argument('[hotkey]', 'hotkey that later payments are staked on; "self" for the account itself')
    .option('--account <name>', "the home's key that is paid: wallet, provider, ...", 'wallet')
    .option('-y, --yes', testYesHelp)
    .addHelpText(
      'after',
      '\nStake that is there already stays: move it with koinon subnet move. What is staked on a validator shares in its dividends, and in what it loses.',
    )
    .action(
      runCommand(async (context, number: string, to: string | undefined, flags: AutoStakeFlags) => {
        const netuid = parseNetuid(number)
        const account = openHotkey(context.home, flags.account)
        if (to !== undefined) {
          const hotkey = to === 'self' ? account.address : toAddress(to)
          if (!account.network.isTest)
            await confirm(
              context,
              `Stake what ${account.address} is paid in subnet ${netuid} on ${hotkey}?`,
              flags.yes === true,
            )
          await setAutoStake(account, netuid, hotkey)
        }
        const hotkey = await readAutoStake(account, netuid, account.address)
        return {
          data: { netuid, account: account.address, hotkey },
          text: facts([
            ['account', `${account.address} in subnet ${netuid}`],
            ['staked on', hotkey === account.address ? 'itself' : hotkey],
          ]),
        }
      }),
    )
}
