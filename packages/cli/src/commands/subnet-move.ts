import { type Address, toAddress } from '@koinon/base'
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
import { type CommandContext, type CommandResult, confirm, runCommand, testYesHelp } from '../runner.ts'
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
    .option('-y, --yes', testYesHelp)
    .addHelpText('after', '\nStake that backs a validator cannot be moved at once: unstake it, and stake it anew.')
    .action(
      runCommand(async (context, number: string, from: string, to: string, text: string, flags: MoveFlags) => {
        const netuid = parseNetuid(number)
        const toNetuid = flags.toNetuid === undefined ? netuid : parseNetuid(flags.toNetuid)
        const target = toAddress(to)
        const account = openTrader(context.home)
        const position = positionOn(await readHoldings(account), netuid, toAddress(from))
        const amount = parseAmount(text, position.amount)
        const slippageBps = parseSlippage(flags.slippage)
        const move = { account, position, amount, slippageBps, toNetuid, target }
        return toNetuid === netuid ? moveWithin(context, move, flags) : moveAcross(context, move, flags)
      }),
    )
}

type Move = {
  readonly account: ReturnType<typeof openTrader>
  readonly position: StakePosition
  readonly amount: bigint
  readonly slippageBps: number
  readonly toNetuid: number
  readonly target: Address
}

/** To another hotkey of the same subnet. */
async function moveWithin(context: CommandContext, move: Move, flags: MoveFlags): Promise<CommandResult> {
  const { account, position, amount, slippageBps, target } = move
  const { netuid } = position
  const question = `Move ${alphaOf(netuid, amount)} to ${target}?`
  if (flags.dryRun === true) return { data: { ...moved(move, amount), made: false }, text: question }
  if (!account.network.isTest) await confirm(context, question, flags.yes === true)
  const arrived = await moveStake(account, {
    netuid,
    from: position.hotkey,
    to: target,
    shares: sharesWorth(position, amount),
    leastAmount: leastOf(amount, slippageBps),
  })
  return {
    data: { ...moved(move, arrived), made: true },
    text: `Moved ${alphaOf(netuid, arrived)} to ${target}.`,
  }
}

/** Through the pools of both subnets. */
async function moveAcross(context: CommandContext, move: Move, flags: MoveFlags): Promise<CommandResult> {
  const { account, position, amount, slippageBps, toNetuid, target } = move
  const { netuid } = position
  const [sold, bought] = await Promise.all([readPool(account, netuid), readPool(account, toNetuid)])
  const sale = tradeTerms(sold.pool, 'sell', amount, slippageBps)
  const purchase = tradeTerms(bought.pool, 'buy', sale.output, slippageBps)
  const impactPpm = sale.impactPpm > purchase.impactPpm ? sale.impactPpm : purchase.impactPpm
  const words = `${alphaOf(netuid, amount)} for ${alphaOf(toNetuid, purchase.output)}, at least ${alphaOf(toNetuid, purchase.leastOutput)} or nothing happens; it moves the price of subnet ${netuid} by ${impactPercent(sale.impactPpm)} and that of subnet ${toNetuid} by ${impactPercent(purchase.impactPpm)}`
  const offer = {
    words: `${words}.`,
    data: { ...moved(move, purchase.output), made: false },
    impactPpm,
    isTest: account.network.isTest,
    ...flags,
  }
  return trade(context, offer, async () => {
    const arrived = await swapStake(account, {
      from: { netuid, hotkey: position.hotkey },
      to: { netuid: toNetuid, hotkey: target },
      shares: sharesWorth(position, amount),
      leastAlpha: purchase.leastOutput,
    })
    return {
      data: { ...moved(move, arrived), made: true },
      text: `Moved: ${alphaOf(toNetuid, arrived)} is staked on ${target}.`,
    }
  })
}

function moved({ position: { netuid, hotkey }, toNetuid, target }: Move, amount: bigint): Record<string, unknown> {
  return { netuid, hotkey, toNetuid, toHotkey: target, amountAtomic: `${amount}` }
}
