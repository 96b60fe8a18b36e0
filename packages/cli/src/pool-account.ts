/** The account that trades and stakes, and what it has agreed to. */
import { type Address, KoinonError } from '@koinon/base'
import type { NetworkFile } from '@koinon/ledger'
import { existingAccountKey, type Home, networkOf, openMembership } from '@koinon/node'
import { type AlphaHoldings, HoldingsReader, type PoolAccount, type StakePosition } from '@koinon/subnets/pools'
import { percent } from './pool-words.ts'
import { type CommandContext, type CommandResult, confirm } from './runner.ts'

/** A trade that moves the price by more is always asked about, on test networks too. Millionths. */
const largeImpactPpm = 50_000n

/** The wallet of a home, ready to trade on the network it joined. */
export function openTrader(home: Home): PoolAccount & { readonly network: NetworkFile; readonly address: Address } {
  const key = existingAccountKey(home, 'wallet')
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
    const question = isLarge ? `This moves the price by ${percent(impactPpm)}. Do it?` : 'Do it?'
    await confirm(context, question, options.yes === true)
  }
  return make()
}

/** What every trade takes. */
export type TradeFlags = { readonly slippage: string; readonly dryRun?: boolean; readonly yes?: boolean }

/** A position as the command line names it. Throws `usage/no-stake`. */
export function findPosition(holdings: AlphaHoldings, netuid: number, hotkey: Address): StakePosition {
  const found = holdings.staked.find((one) => one.netuid === netuid && one.hotkey === hotkey)
  if (found !== undefined) return found
  throw new KoinonError({
    code: 'usage/no-stake',
    message: `You have nothing staked on ${hotkey} in ${netuid === 0 ? 'the root' : `subnet ${netuid}`}`,
    hint: 'See what you hold: koinon subnet holdings',
  })
}

/** Shares of a position that are worth `amount` now; all of them for all of it. Throws `usage/no-stake` for more than there is. */
export function sharesOf({ shares, amount: all, netuid }: StakePosition, amount: bigint): bigint {
  if (amount === all) return shares
  if (amount < all) return (shares * amount) / all
  throw new KoinonError({
    code: 'usage/no-stake',
    message: `That is more than what is staked there in ${netuid === 0 ? 'the root' : `subnet ${netuid}`}`,
    hint: 'Name a smaller amount, or all.',
  })
}
