import { systemClock, toAddress } from '@koinon/base'
import { existingAccountKey, type Home } from '@koinon/node/home'
import { type AlphaEarning, networkOf, readEarnings, Wallet, withdrawEarnings } from '@koinon/node/wallet'
import type { Command } from 'commander'
import { saleFacts, withdrawalSentence } from '../earnings-words.ts'
import { largeImpactPpm } from '../pool-account.ts'
import { parseSlippage } from '../pool-words.ts'
import { type AccountOptions, accountOf, type EarningRole, withAccountOptions } from '../role-account.ts'
import { type CommandContext, confirm, runCommand } from '../runner.ts'
import { facts } from '../table.ts'
import { defaultSlippage, slippageHelp } from './subnet-trade.ts'

type WithdrawOptions = AccountOptions & {
  readonly to?: string
  readonly alpha?: boolean
  readonly slippage: string
  readonly yes?: boolean
}

/** `withdraw` of providers, validators and miners: what it earned, to its owner; alpha is sold for KOIN unless asked otherwise. */
export function defineWithdraw(group: Command, role: EarningRole): void {
  const command = group
    .command('withdraw')
    .description(
      `sell the alpha that the stopped ${role} earned, and send its KOIN and dollars to the wallet of this home; its gas money and the KOIN it staked stay`,
    )
  withAccountOptions(command, role)
    .option('--to <address>', 'send them to this account instead')
    .option('--alpha', 'do not sell: send the alpha as it is')
    .option('--slippage <percent>', slippageHelp, defaultSlippage)
    .option('-y, --yes', 'do not ask')
    .action(
      runCommand(async (context, options: WithdrawOptions) => {
        const { home, typed } = context
        const roleName = accountOf(home, role, options)
        const network = networkOf(home)
        const to = options.to === undefined ? undefined : toAddress(options.to)
        if (to !== undefined && !network.isTest)
          await confirm(context, `Send everything the ${role} earned to ${to}?`, options.yes === true)
        const slippageBps = parseSlippage(options.slippage)
        const keepsAlpha = options.alpha === true
        const agreed = keepsAlpha ? [] : await agreeToSales(context, { ...options, roleName, isTest: network.isTest })
        const done = await withdrawEarnings(home, roleName, systemClock, to, { keepsAlpha, slippageBps, agreed })
        const lacksGas = to === undefined && (await walletLacksGas(home))
        return { data: done, text: typed(withdrawalSentence(done, role, network.isTest, lacksGas)) }
      }),
    )
}

/** Shows what the alpha would bring, and asks where a sale moves a price much. Returns what was agreed to. */
async function agreeToSales(
  context: CommandContext,
  options: WithdrawOptions & { readonly roleName: string; readonly isTest: boolean },
): Promise<readonly AlphaEarning[]> {
  const earnings = await readEarnings(context.home, options.roleName, parseSlippage(options.slippage))
  const alpha = earnings?.alpha ?? []
  const sales = saleFacts(alpha)
  if (sales.length === 0) return alpha
  context.say(facts(sales))
  const isLarge = alpha.some(({ terms }) => terms !== undefined && terms.impactPpm > largeImpactPpm)
  if (isLarge) {
    context.say('The pool is small for that: several smaller sales with time between them, or --alpha, keep more.')
  }
  if (isLarge || !options.isTest) await confirm(context, 'Sell it all now?', options.yes === true)
  return alpha
}

/** Whether the home's wallet could not send anything on; false when the ledger does not say. */
async function walletLacksGas(home: Home): Promise<boolean> {
  const key = existingAccountKey(home, 'wallet')
  const wallet = new Wallet({ home, network: networkOf(home), key, clock: systemClock })
  return wallet.balances().then(
    ({ nativeWei }) => nativeWei === 0n,
    () => false,
  )
}
