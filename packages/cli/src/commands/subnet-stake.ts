import { toAddress } from '@koinon/base'
import { readBalances } from '@koinon/node/wallet'
import {
  defaultSlippageBps,
  leastOf,
  positionOn,
  rootNetuid,
  sharesWorth,
  stakeOn,
  unstakeFrom,
  withdrawUnstaked,
} from '@koinon/subnets/pools'
import type { Command } from 'commander'
import { utcTime } from '../format/time.ts'
import { parseNetuid } from '../netuid.ts'
import { openTrader, readHoldings } from '../pool-account.ts'
import { alphaOf, parseAmount } from '../pool-words.ts'
import { confirm, runCommand, testYesHelp } from '../runner.ts'

/** `koinon subnet stake`: free alpha on a hotkey of its subnet, or KOIN on the root. */
export function defineSubnetStake(subnet: Command): void {
  subnet
    .command('stake')
    .description(
      'stake free alpha on a validator or miner (its hotkey) of the subnet; with 0 as the subnet, KOIN on the root',
    )
    .argument('<netuid>', 'number of the subnet; 0 is the root, where KOIN counts in up to 16 subnets')
    .argument('<hotkey>', 'account of the validator or miner to stake on')
    .argument('<amount>', 'alpha (on the root KOIN) to stake, or all')
    .option('-y, --yes', testYesHelp)
    .addHelpText(
      'after',
      '\nWhat is staked shares in what the hotkey earns, and in what it loses when it is slashed. It comes back with koinon subnet unstake.',
    )
    .action(
      runCommand(async (context, number: string, to: string, text: string, flags: { readonly yes?: boolean }) => {
        const netuid = parseNetuid(number, 'the subnet', 0)
        const hotkey = toAddress(to)
        const account = openTrader(context.home)
        const held =
          netuid === rootNetuid
            ? (await readBalances(account.reader, account.network, account.address)).koin
            : ((await readHoldings(account)).free.find((one) => one.netuid === netuid)?.amount ?? 0n)
        const amount = parseAmount(text, held)
        if (!account.network.isTest) {
          await confirm(context, `Stake ${alphaOf(netuid, amount)} on ${hotkey}?`, flags.yes === true)
        }
        await stakeOn(account, { netuid, hotkey, amount })
        return {
          data: { netuid, hotkey, amountAtomic: `${amount}` },
          text: context.typed(
            `Staked ${alphaOf(netuid, amount)} on ${hotkey}.${netuid === rootNetuid ? '\nIt counts in up to 16 subnets where that hotkey has a seat; what it earns there is claimed with "koinon subnet claim-root NETUID".' : ''}`,
          ),
        }
      }),
    )
}

/** `koinon subnet unstake`: back to free alpha, or into the queue where the hotkey is a validator. */
export function defineSubnetUnstake(subnet: Command): void {
  subnet
    .command('unstake')
    .description(
      'take stake back: at once, or, where it backs a validator or the root, after a wait (then koinon subnet withdraw)',
    )
    .argument('<netuid>', 'number of the subnet; 0 is the root')
    .argument('<hotkey>', 'account that it is staked on')
    .argument('<amount>', 'alpha (on the root KOIN) to take back, or all')
    .option('-y, --yes', testYesHelp)
    .action(
      runCommand(async (context, number: string, from: string, text: string, flags: { readonly yes?: boolean }) => {
        const netuid = parseNetuid(number, 'the subnet', 0)
        const hotkey = toAddress(from)
        const account = openTrader(context.home)
        const position = positionOn(await readHoldings(account), netuid, hotkey)
        const amount = parseAmount(text, position.amount)
        const shares = sharesWorth(position, amount)
        if (!account.network.isTest) {
          await confirm(context, `Take ${alphaOf(netuid, amount)} from ${hotkey}?`, flags.yes === true)
        }
        const left = await unstakeFrom(account, {
          netuid,
          hotkey,
          shares,
          leastAmount: leastOf(amount, defaultSlippageBps),
        })
        const data = { netuid, hotkey, amountAtomic: `${left.amount}`, freeAtSeconds: left.freeAtSeconds }
        const what = alphaOf(netuid, left.amount)
        return {
          data,
          text: context.typed(
            left.freeAtSeconds === undefined
              ? `Took ${what} back: it is free. Sell it: koinon subnet sell ${netuid} all`
              : `${what} is on its way, free from ${utcTime(left.freeAtSeconds)}: run koinon subnet withdraw then.\nUntil it is, a slash of the validator still reaches it.`,
          ),
        }
      }),
    )
}

/** `koinon subnet withdraw`: what was unstaked and is free by now. */
export function defineSubnetWithdraw(subnet: Command): void {
  subnet
    .command('withdraw')
    .description('fetch what was unstaked and has waited long enough')
    .action(
      runCommand(async ({ home }) => {
        const withdrawn = await withdrawUnstaked(openTrader(home))
        return {
          data: { withdrawn: withdrawn.map(({ netuid, amount }) => ({ netuid, amountAtomic: `${amount}` })) },
          text: withdrawn.map(({ netuid, amount }) => `${alphaOf(netuid, amount)} is free now.`).join('\n'),
        }
      }),
    )
}
