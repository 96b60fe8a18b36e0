/** Alpha, its price and what a trade would bring, in words for people and in plain JSON. */
import { formatAmount, KoinonError, parseUnits, tokenDecimals } from '@koinon/base'
import {
  type AlphaHoldings,
  koinWorth,
  maximumSlippageBps,
  rootNetuid,
  type SubnetPool,
  type SubnetPot,
  type TradeTerms,
} from '@koinon/subnets/pools'
import { impactPercent } from './format/percent.ts'
import { utcTime } from './format/time.ts'
import { facts, table } from './table.ts'

/** What is said wherever a worth stands. */
export const worthSentence = 'Worth is amount times price: selling moves the price, so a sale brings less.'

/** `12.5 alpha of subnet 1`; on the root `12.5 KOIN`. */
export function alphaOf(netuid: number, amount: bigint): string {
  return netuid === rootNetuid ? `${formatAmount(amount)} KOIN` : `${formatAmount(amount)} alpha of subnet ${netuid}`
}

/** Label and value of a trade that was not made yet. */
export function termsFacts(netuid: number, terms: TradeTerms): readonly (readonly [string, string])[] {
  const { side, input, output, leastOutput, fee, priceBefore, priceAfter, averagePrice, impactPpm } = terms
  const isPurchase = side === 'buy'
  const paid = (amount: bigint): string => (isPurchase ? `${formatAmount(amount)} KOIN` : alphaOf(netuid, amount))
  const got = (amount: bigint): string => (isPurchase ? alphaOf(netuid, amount) : `${formatAmount(amount)} KOIN`)
  return [
    ['you give', `${paid(input)}, ${paid(fee)} of it a fee that is burned`],
    ['you get', `${got(output)}; at least ${got(leastOutput)}, or nothing happens`],
    [
      'price',
      `${formatAmount(priceBefore)} KOIN for one alpha, ${formatAmount(priceAfter)} after it: this trade moves it by ${impactPercent(impactPpm)}`,
    ],
    ['average', `${formatAmount(averagePrice)} KOIN for one alpha, the fee included`],
  ]
}

/** Before a trade is offered. Throws `ledger/too-little-koin`, `ledger/too-little-alpha`. */
export function requireHeld(side: TradeTerms['side'], netuid: number, input: bigint, held: bigint): void {
  if (input <= held) return
  const amounts = (amount: bigint): string => alphaOf(side === 'buy' ? rootNetuid : netuid, amount)
  throw new KoinonError({
    code: side === 'buy' ? 'ledger/too-little-koin' : 'ledger/too-little-alpha',
    message: `The wallet has ${amounts(held)} free, and this takes ${amounts(input)}`,
    hint:
      side === 'buy'
        ? 'Give less, or see what it would bring with --dry-run. What the wallet has: koinon wallet balance'
        : 'Give less, or all. What is staked has to be unstaked first; see it: koinon subnet holdings',
  })
}

/** KOIN that an amount is worth at the price of the moment; of a dissolved subnet its part of the pot. Undefined without a market. */
export function worthOf(
  markets: readonly (SubnetPool | SubnetPot)[],
  netuid: number,
  amount: bigint,
): bigint | undefined {
  if (netuid === rootNetuid) return amount
  const market = markets.find((one) => one.netuid === netuid)
  if (market === undefined) return undefined
  return koinWorth(market, amount)
}

/** All that an account holds, by what can be done with it. `nowSeconds` (Unix) tells what is free by now. */
export function holdingsText(
  account: string,
  holdings: AlphaHoldings,
  markets: readonly (SubnetPool | SubnetPot)[],
  nowSeconds: number,
): string {
  const worth = (netuid: number, amount: bigint): string => {
    const koin = worthOf(markets, netuid, amount)
    return koin === undefined ? '' : formatAmount(koin)
  }
  const { free, staked, leaving, rootDividends } = holdings
  const parts = [
    section(
      'free: sell it, or stake it',
      ['subnet', 'alpha', 'worth about KOIN'],
      free.map(({ netuid, amount }) => [`${netuid}`, formatAmount(amount), worth(netuid, amount)]),
    ),
    section(
      'staked',
      ['subnet', 'on hotkey', 'amount', 'worth about KOIN', 'leaves'],
      staked.map(({ netuid, hotkey, amount, isBound }) => [
        place(netuid),
        hotkey,
        `${formatAmount(amount)} ${unit(netuid)}`,
        worth(netuid, amount),
        isBound ? 'slowly, it backs a validator' : 'at once',
      ]),
    ),
    section(
      'unstaked, on its way (until it is free it can still be slashed)',
      ['subnet', 'amount', 'worth about KOIN', 'free'],
      leaving.map(({ netuid, amount, freeAtSeconds }) => [
        place(netuid),
        `${formatAmount(amount)} ${unit(netuid)}`,
        worth(netuid, amount),
        freeAtSeconds <= nowSeconds ? 'now: koinon subnet withdraw' : `from ${utcTime(freeAtSeconds)}`,
      ]),
    ),
    section(
      'root dividends to claim',
      ['subnet', 'from hotkey', 'alpha', 'worth about KOIN'],
      rootDividends.map(({ netuid, hotkey, amount }) => [
        `${netuid}`,
        hotkey,
        formatAmount(amount),
        worth(netuid, amount),
      ]),
    ),
  ].filter((part) => part !== undefined)
  const head = facts([['account', account]])
  if (parts.length === 0) return `${head}\n\nIt holds no alpha and has staked nothing.`
  return [head, ...parts, worthSentence].join('\n\n')
}

/** The same in plain JSON. */
export function holdingsJson(account: string, holdings: AlphaHoldings): Record<string, unknown> {
  const atomic = <row extends { readonly amount: bigint }>({ amount, ...rest }: row) => ({
    ...rest,
    amountAtomic: `${amount}`,
  })
  return {
    account,
    free: holdings.free.map(atomic),
    staked: holdings.staked.map(({ shares, ...rest }) => ({ ...atomic(rest), shares: `${shares}` })),
    leaving: holdings.leaving.map(atomic),
    rootDividends: holdings.rootDividends.map(atomic),
  }
}

/** `--slippage`, per cent with up to two places, in 1/10,000. Throws `usage/bad-number`. */
export function parseSlippage(text: string): number {
  const bps = /^\d{1,2}(\.\d{1,2})?$/.test(text) ? Number(parseUnits(text, 2)) : Number.NaN
  if (bps >= 0 && bps <= maximumSlippageBps) return bps
  throw new KoinonError({
    code: 'usage/bad-number',
    message: `--slippage takes a percentage from 0 to ${maximumSlippageBps / 100}, not "${text}"`,
    hint: 'For example --slippage 0.5: at most half a per cent less than quoted.',
  })
}

/** An amount above zero, or `all` of what is there. Throws `base/bad-amount`, `usage/bad-amount`. */
export function parseAmount(text: string, all: bigint | undefined): bigint {
  const amount = text === 'all' && all !== undefined ? all : parseUnits(text, tokenDecimals)
  if (amount > 0n) return amount
  throw new KoinonError({
    code: 'usage/bad-amount',
    message: text === 'all' ? 'There is nothing to take' : 'The amount must be more than nothing',
    hint: text === 'all' ? 'See what you hold: koinon subnet holdings' : 'For example 1.5.',
  })
}

function section(title: string, headings: readonly string[], rows: readonly (readonly string[])[]): string | undefined {
  return rows.length === 0 ? undefined : `${title}\n${table(headings, rows)}`
}

function place(netuid: number): string {
  return netuid === rootNetuid ? 'root' : `${netuid}`
}

function unit(netuid: number): string {
  return netuid === rootNetuid ? 'KOIN' : 'alpha'
}
