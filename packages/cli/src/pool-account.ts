/** The account that trades and stakes, and what it has agreed to. */
import type { Address } from '@koinon/base'
import type { NetworkFile } from '@koinon/ledger'
import { existingAccountKey, type Home } from '@koinon/node/home'
import { openMembership } from '@koinon/node/joined'
import { networkOf } from '@koinon/node/wallet'
import { type AlphaHoldings, HoldingsReader, type PoolAccount } from '@koinon/subnets/pools'
import { impactPercent } from './format/percent.ts'
import { type CommandContext, type CommandResult, confirm } from './runner.ts'

/** A trade that moves the price by more is always asked about, on test networks too. Millionths. */
export const largeImpactPpm = 50_000n

/** The wallet of a home, ready to trade on the network it joined. */
export function openTrader(home: Home): PoolAccount & { readonly network: NetworkFile; readonly address: Address } {
  return openHotkey(home, 'wallet')
}

/** Another account of the home, by the name of its key: a validator's, a provider's. Throws `home/no-key`. */
export function openHotkey(
  home: Home,
  name: string,
): PoolAccount & { readonly network: NetworkFile; readonly address: Address } {
  const key = existingAccountKey(home, name)
  return { ...openMembership(networkOf(home), key), address: key.address }
}

export function readHoldings(account: PoolAccount): Promise<AlphaHoldings> {
  return new HoldingsReader(account, account.sender.address).read()
}

/** Shows a trade in `words` and makes it if the person agrees; with `--dry-run` only shows it, as `data` for programs. */
export async function trade(
  context: CommandContext,
  options: {
    readonly words: string
    readonly data: Readonly<Record<string, unknown>>
    readonly impactPpm: bigint
    readonly isTest: boolean
  } & TradeFlags,
  make: () => Promise<CommandResult>,
): Promise<CommandResult> {
  const { words, data, impactPpm, isTest } = options
  if (options.dryRun === true) return { data: { ...data, made: false }, text: words }
  context.say(words)
  const isLarge = impactPpm > largeImpactPpm
  if (!isTest || isLarge) {
    const question = isLarge ? `This moves the price by ${impactPercent(impactPpm)}. Do it?` : 'Do it?'
    await confirm(context, question, options.yes === true)
  }
  return make()
}

/** What every trade takes. */
export type TradeFlags = { readonly slippage: string; readonly dryRun?: boolean; readonly yes?: boolean }
