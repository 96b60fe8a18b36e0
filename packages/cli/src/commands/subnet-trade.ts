import { formatAmount } from '@koinon/base'
import { readBalances } from '@koinon/node/wallet'
import {
  buyAlpha,
  koinWorth,
  type PoolAccount,
  readMarket,
  readPool,
  redeemAlpha,
  type SubnetPot,
  sellAlpha,
  type TradeTerms,
  termsJson,
  tradeTerms,
} from '@koinon/subnets/pools'
import type { Command } from 'commander'
import { parseNetuid } from '../netuid.ts'
import { openTrader, readHoldings, type TradeFlags, trade } from '../pool-account.ts'
import { alphaOf, parseAmount, parseSlippage, requireHeld, termsFacts } from '../pool-words.ts'
import { type CommandResult, confirm, runCommand } from '../runner.ts'
import { facts } from '../table.ts'

export const slippageHelp = 'accept at most that many per cent less than quoted'
export const defaultSlippage = '1'

/** `koinon subnet buy`: alpha for KOIN, at the price of the pool. */
export function defineSubnetBuy(subnet: Command): void {
  withTradeFlags(
    subnet
      .command('buy')
      .description('buy alpha of a subnet for KOIN of the wallet, at the price of its pool')
      .argument('<netuid>', 'number of the subnet')
      .argument('<koin>', 'KOIN to spend, for example 10'),
  ).action(
    runCommand(async (context, number: string, amount: string, flags: TradeFlags) => {
      const netuid = parseNetuid(number)
      const account = openTrader(context.home)
      const koin = parseAmount(amount, undefined)
      const { pool } = await readPool(account, netuid)
      if (flags.dryRun !== true) {
        const held = await readBalances(account.reader, account.network, account.address)
        requireHeld('buy', netuid, koin, held.koin)
      }
      const terms = tradeTerms(pool, 'buy', koin, parseSlippage(flags.slippage))
      return trade(context, offered(netuid, terms, account, flags), async () => {
        const { output, transactionHash } = await buyAlpha(account, {
          netuid,
          koin,
          leastAlpha: terms.leastOutput,
        })
        return made(netuid, terms, output, transactionHash, [
          `Bought ${alphaOf(netuid, output)} for ${formatAmount(koin)} KOIN.`,
          context.typed(`It is free alpha of your wallet. Stake it: koinon subnet stake ${netuid} HOTKEY all`),
        ])
      })
    }),
  )
}

/** `koinon subnet sell`: free alpha for KOIN; of a dissolved subnet for its part of what the pool held. */
export function defineSubnetSell(subnet: Command): void {
  withTradeFlags(
    subnet
      .command('sell')
      .description('sell free alpha of a subnet for KOIN, at the price of its pool')
      .argument('<netuid>', 'number of the subnet')
      .argument('<alpha>', 'alpha to sell, or all'),
  ).action(
    runCommand(async (context, number: string, amount: string, flags: TradeFlags) => {
      const netuid = parseNetuid(number)
      const account = openTrader(context.home)
      const { free } = await readHoldings(account)
      const held = free.find((one) => one.netuid === netuid)?.amount ?? 0n
      const alpha = parseAmount(amount, held)
      const market = await readMarket(account, netuid)
      if (flags.dryRun !== true) requireHeld('sell', netuid, alpha, held)
      if (!('pool' in market)) {
        await confirm(context, redemptionQuestion(market, alpha), flags.yes === true)
        return redeemed(account, netuid, alpha)
      }
      const terms = tradeTerms(market.pool, 'sell', alpha, parseSlippage(flags.slippage))
      return trade(context, offered(netuid, terms, account, flags), async () => {
        const { output, transactionHash } = await sellAlpha(account, {
          netuid,
          alpha,
          leastKoin: terms.leastOutput,
        })
        return made(netuid, terms, output, transactionHash, [
          `Sold ${alphaOf(netuid, alpha)} for ${formatAmount(output)} KOIN.`,
        ])
      })
    }),
  )
}

function withTradeFlags(command: Command): Command {
  return command
    .option('--slippage <percent>', slippageHelp, defaultSlippage)
    .option('--dry-run', 'show what it would bring, and stop')
    .option('-y, --yes', 'do not ask')
}

/** What the person is asked about. */
function offered(netuid: number, terms: TradeTerms, { network }: ReturnType<typeof openTrader>, flags: TradeFlags) {
  const words = facts(termsFacts(netuid, terms))
  const { impactPpm } = terms
  return { words, data: termsJson(netuid, terms), impactPpm, isTest: network.isTest, ...flags }
}

function made(
  netuid: number,
  terms: TradeTerms,
  output: bigint,
  transactionHash: string,
  lines: readonly string[],
): CommandResult {
  return {
    data: { ...termsJson(netuid, terms), made: true, outputAtomic: `${output}`, transactionHash },
    text: lines.join('\n'),
  }
}

function redemptionQuestion(pot: SubnetPot, alpha: bigint): string {
  return `Subnet ${pot.netuid} is dissolved. Give up ${formatAmount(alpha)} alpha for its part of what the pool held, ${formatAmount(koinWorth(pot, alpha))} KOIN?`
}

async function redeemed(account: PoolAccount, netuid: number, alpha: bigint): Promise<CommandResult> {
  const { output, transactionHash } = await redeemAlpha(account, netuid, alpha)
  return {
    data: { netuid, redeemed: true, inputAtomic: `${alpha}`, outputAtomic: `${output}`, transactionHash },
    text: `Redeemed ${alphaOf(netuid, alpha)} for ${formatAmount(output)} KOIN.`,
  }
}
