import { dollarDecimals, formatUnits, systemClock, systemRandom } from '@koinon/base'
import { existingAccountKey, findBudget } from '@koinon/node/home'
import { type BudgetChannelReturn, networkOf, takeBackBudget } from '@koinon/node/wallet'
import type { Command } from 'commander'
import { utcTime } from '../format/time.ts'
import { confirm, runCommand } from '../runner.ts'

/** `koinon budget withdraw` */
export function defineBudgetWithdraw(budget: Command): void {
  budget
    .command('withdraw')
    .description(
      'take back what its key put into channels and did not spend: asks for it, and after the delay fetches it',
    )
    .argument('<budget>', 'its hash, the beginning of it, or its label')
    .option('-y, --yes', 'do not ask')
    .action(
      runCommand(async (context, name: string, options: { readonly yes?: boolean }) => {
        const { label, grantHash } = findBudget(context.home, name)
        const question = `Take back what lies in the channels of "${label}"? They are used no more, and what was spent of the budget stays spent.`
        await confirm(context, question, options.yes === true)
        const key = existingAccountKey(context.home, 'wallet')
        const parts = { home: context.home, network: networkOf(context.home), key }
        const channels = await takeBackBudget({ ...parts, clock: systemClock, random: systemRandom }, name)
        return { data: { grantHash, channels }, text: returnsText(channels, key.address) }
      }),
    )
}

function returnsText(channels: readonly BudgetChannelReturn[], account: string): string {
  const lines = channels.flatMap((channel) => {
    if (channel.state === 'nothing') return []
    const amount = formatUnits(channel.amountAtomic, dollarDecimals)
    const from = `the channel to ${channel.receiver}`
    if (channel.state === 'returned') return [`${amount} dollars came back to ${account} from ${from}.`]
    const time = utcTime(channel.availableAtMs / 1000)
    return [`${amount} dollars of ${from} can be fetched from ${time} on: run the same command again then.`]
  })
  return lines.length === 0 ? 'Nothing is left in channels of this budget.' : lines.join('\n')
}
