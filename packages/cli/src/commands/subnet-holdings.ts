import { readMarkets } from '@koinon/subnets/pools'
import type { Command } from 'commander'
import { openTrader, readHoldings } from '../pool-account.ts'
import { holdingsJson, holdingsText, worthOf } from '../pool-words.ts'
import { runCommand } from '../runner.ts'

/** `koinon subnet holdings`: alpha, stake, what is leaving and what may be claimed, with what it is worth about. */
export function defineSubnetHoldings(subnet: Command): void {
  subnet
    .command('holdings')
    .description('what the wallet holds of all subnets: free alpha, stake, what is leaving, root dividends')
    .action(
      runCommand(async ({ home, typed }) => {
        const account = openTrader(home)
        const [holdings, markets, { timestamp }] = await Promise.all([
          readHoldings(account),
          readMarkets(account),
          account.reader.getBlock({ blockTag: 'pending' }),
        ])
        const all = [...holdings.free, ...holdings.staked, ...holdings.leaving, ...holdings.rootDividends]
        const worth = all.reduce((sum, { netuid, amount }) => sum + (worthOf(markets, netuid, amount) ?? 0n), 0n)
        return {
          data: { ...holdingsJson(account.address, holdings), worthAtomic: `${worth}` },
          text: typed(holdingsText(account.address, holdings, markets, Number(timestamp))),
        }
      }),
    )
}
