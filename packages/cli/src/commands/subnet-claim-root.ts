import { KoinonError, toAddress } from '@koinon/base'
import { claimRootDividends } from '@koinon/subnets/pools'
import type { Command } from 'commander'
import { parseNetuid } from '../netuid.ts'
import { openTrader, readHoldings } from '../pool-account.ts'
import { alphaOf } from '../pool-words.ts'
import { runCommand } from '../runner.ts'
import { table } from '../table.ts'

/** `koinon subnet claim-root`: what KOIN on the root earned in a subnet, as free alpha. */
export function defineSubnetClaimRoot(subnet: Command): void {
  subnet
    .command('claim-root')
    .description('claim what KOIN staked on the root earned in a subnet, as free alpha')
    .argument('<netuid>', 'number of the subnet')
    .argument('[hotkey]', 'only from this hotkey (default: from all that the wallet staked on)')
    .action(
      runCommand(async (context, number: string, from: string | undefined) => {
        const netuid = parseNetuid(number)
        const hotkey = from === undefined ? undefined : toAddress(from)
        const account = openTrader(context.home)
        const due = (await readHoldings(account)).rootDividends.filter(
          (one) => one.netuid === netuid && (hotkey === undefined || one.hotkey === hotkey),
        )
        if (due.length === 0) throw nothingDue(netuid)
        const claimed = []
        for (const one of due)
          claimed.push({ hotkey: one.hotkey, amount: await claimRootDividends(account, netuid, one.hotkey) })
        const total = claimed.reduce((sum, { amount }) => sum + amount, 0n)
        const rows = claimed.map((one) => [one.hotkey, alphaOf(netuid, one.amount)])
        return {
          data: {
            netuid,
            totalAtomic: `${total}`,
            claimed: claimed.map((one) => ({ hotkey: one.hotkey, amountAtomic: `${one.amount}` })),
          },
          text: `${table(['from hotkey', 'claimed'], rows)}\n\n${context.typed(`${alphaOf(netuid, total)} is free now. Sell it: koinon subnet sell ${netuid} all`)}`,
        }
      }),
    )
}

function nothingDue(netuid: number): KoinonError {
  return new KoinonError({
    code: 'ledger/nothing-to-claim',
    message: `There are no root dividends of subnet ${netuid} to claim`,
    hint: 'They come with every epoch in which a hotkey with your KOIN on the root earns as a validator there.',
  })
}
