import { toAddress } from '@koinon/base'
import {
  leastOf,
  moveStake,
  positionOn,
  readPool,
  type StakePosition,
  sharesWorth,
  swapStake,
  tradeTerms,
} from '@koinon/subnets/pools'
import type { Command } from 'commander'
import { impactPercent } from '../format/percent.ts'
import { parseNetuid } from '../netuid.ts'
import { openTrader, readHoldings, type TradeFlags, trade } from '../pool-account.ts'
import { alphaOf, parseAmount, parseSlippage } from '../pool-words.ts'
import { confirm, runCommand } from '../runner.ts'
import { defaultSlippage, slippageHelp } from './subnet-trade.ts'

type MoveFlags = TradeFlags & { readonly toNetuid?: string }

/** `koinon subnet move`: stake from one hotkey to another, of the same subnet or through the pools of another. */
export function defineSubnetMove(subnet: Command): void {
  subnet
    .command('move')
    .description('move stake to another hotkey; with --to-netuid sell it and stake what that buys of another subnet')
    .argument('<netuid>', 'number of the subnet')
    .argument('<from>', 'account that it is staked on')
    .argument('<to>', 'account to stake it on')
    .argument('<alpha>', 'alpha to move, or all')
    .option('--to-netuid <n>', 'subnet of the account to stake on (default: the same)')
    .option('--slippage <percent>', slippageHelp, defaultSlippage)
    .option('--dry-run', 'show what it would bring, and stop')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', '\nStake that backs a validator cannot be moved at once: unstake it, and stake it anew.')
    .action(
      runCommand(async (context, number: string, from: string, to: string, text: string, flags: MoveFlags) => {
        const netuid = parseNetuid(number)
        const toNetuid = flags.toNetuid === undefined ? netuid : parseNetuid(flags.toNetuid)
        const target = toAddress(to)
        const account = openTrader(context.home)
        const { isTest } = account.network
        const position = positionOn(await readHoldings(account), netuid, toAddress(from))
        const amount = parseAmount(text, position.amount)
        const shares = sharesWorth(position, amount)
        const slippageBps = parseSlippage(flags.slippage)
        if (toNetuid === netuid) {
          const question = `Move ${alphaOf(netuid, amount)} to ${target}?`
          if (flags.dryRun === true) return { data: moved(position, amount, netuid, target, false), text: question }
          if (!isTest) await confirm(context, question, flags.yes === true)
          const arrived = await moveStake(account, {
            netuid,
            from: position.hotkey,
            to: target,
            shares,
            leastAmount: leastOf(amount, slippageBps),
          })
          return {
            data: moved(position, arrived, netuid, target, true),
            text: `Moved ${alphaOf(netuid, arrived)} to ${target}.`,
          }
        }
        const [sold, bought] = await Promise.all([readPool(account, netuid), readPool(account, toNetuid)])
        const sale = tradeTerms(sold.pool, 'sell', amount, slippageBps)
        const purchase = tradeTerms(bought.pool, 'buy', sale.output, slippageBps)
        const impactPpm = sale.impactPpm > purchase.impactPpm ? sale.impactPpm : purchase.impactPpm
        const words = `${alphaOf(netuid, amount)} for ${alphaOf(toNetuid, purchase.output)}, at least ${alphaOf(toNetuid, purchase.leastOutput)} or nothing happens; it moves the price of subnet ${netuid} by ${impactPercent(sale.impactPpm)} and that of subnet ${toNetuid} by ${impactPercent(purchase.impactPpm)}`
        const offer = {
          words: `${words}.`,
          data: moved(position, purchase.output, toNetuid, target, false),
          impactPpm,
          isTest,
          ...flags,
        }
        return trade(context, offer, async () => {
          const arrived = await swapStake(account, {
            from: { netuid, hotkey: position.hotkey },
            to: { netuid: toNetuid, hotkey: target },
            shares,
            leastAlpha: purchase.leastOutput,
          })
          return {
            data: moved(position, arrived, toNetuid, target, true),
            text: `Moved: ${alphaOf(toNetuid, arrived)} is staked on ${target}.`,
          }
        })
      }),
    )
}

function moved(
  { netuid, hotkey }: StakePosition,
  amount: bigint,
  toNetuid: number,
  toHotkey: string,
  made: boolean,
): Record<string, unknown> {
  return { netuid, hotkey, toNetuid, toHotkey, amountAtomic: `${amount}`, made }
}
