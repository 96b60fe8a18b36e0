/** Alpha that a role earned: what it is worth and would bring, and its way to the owner, sold for KOIN or as it is. */
import { type Address, isKoinonError, KoinonError } from '@koinon/base'
import type { LedgerView, Membership } from '@koinon/ledger'
import {
  claimRootDividends,
  type EarnedAlpha,
  koinWorth,
  leastOf,
  readEarnedAlpha,
  readFreeAlpha,
  readMarket,
  redeemAlpha,
  type SubnetPool,
  sellAlpha,
  sendAlpha,
  sumOfEarned,
  type TradeTerms,
  tradeTerms,
  unstakeFrom,
  withdrawUnstaked,
} from '@koinon/subnets/pools'

/** Atomic units of alpha of one subnet, and what they are worth in KOIN at the price of the moment. */
export type AlphaEarning = {
  readonly netuid: number
  readonly alpha: bigint
  readonly worth: bigint
  /** Part of it that leaves only after the unbonding time, or is on its way. */
  readonly bound: bigint
  /** What a sale of the rest would bring now; absent where there is nothing to sell, no market, or too little. */
  readonly terms?: TradeTerms
}

/** What became of the alpha of one subnet. */
export type AlphaWithdrawal = {
  readonly netuid: number
  /** What `outcome` is of. */
  readonly alpha: bigint
  readonly outcome: 'sold' | 'redeemed' | 'sent' | 'kept'
  /** KOIN that it brought. */
  readonly koin: bigint
  /** Alpha beside it that was kept, because its owner has seen no price for it: it was bound then, or came since. */
  readonly unpriced?: bigint
  /** Alpha that was unstaked and is on its way, and from when on it is free (Unix seconds). */
  readonly leaving: bigint
  readonly freeAtSeconds?: number
}

/** What an account earned in alpha, by subnet. Reads only. */
export async function readAlphaEarnings(
  view: LedgerView,
  account: Address,
  slippageBps: number,
): Promise<readonly AlphaEarning[]> {
  const [earned, nowSeconds] = await Promise.all([readEarnedAlpha(view, account), nowOf(view)])
  return Promise.all(
    earned.map(async (one): Promise<AlphaEarning> => {
      const market = await readMarket(view, one.netuid)
      const alpha = sumOfEarned(one)
      const sellable = sellableOf(one, nowSeconds)
      const terms = 'pool' in market ? termsOf(market, sellable, slippageBps) : undefined
      return {
        netuid: one.netuid,
        alpha,
        worth: koinWorth(market, alpha),
        bound: alpha - sellable,
        ...(terms === undefined ? {} : { terms }),
      }
    }),
  )
}

export type CashTerms = {
  readonly recipient: Address
  readonly keepsAlpha: boolean
  readonly slippageBps: number
  /** What the owner has seen of it: no more is sold, and less than its least output is not taken. */
  readonly agreed: readonly AlphaEarning[]
}

/**
 * Unstakes and claims what the account earned, then sells it, or sends it as it is to `recipient`. What backs a validator is on its way
 * afterwards: called again when it is free, it goes on. Safe to repeat after a failure at any moment. Throws `ledger/price-moved`, and as the ledger does.
 */
export async function cashAlpha(account: Membership, terms: CashTerms): Promise<readonly AlphaWithdrawal[]> {
  const own = account.sender.address
  const earned = await readEarnedAlpha(account, own)
  const nowSeconds = await nowOf(account)
  if (earned.some(({ leaving }) => leaving.some((one) => one.freeAtSeconds <= nowSeconds)))
    await withdrawUnstaked(account)
  const outcomes: AlphaWithdrawal[] = []
  for (const one of earned) {
    let freeAtSeconds = Math.max(
      0,
      ...one.leaving.map((ticket) => ticket.freeAtSeconds).filter((at) => at > nowSeconds),
    )
    let leaving = one.leaving
      .filter((ticket) => ticket.freeAtSeconds > nowSeconds)
      .reduce((sum, { amount }) => sum + amount, 0n)
    if (one.rootDividends > 0n) await claimRootDividends(account, one.netuid, own)
    for (const { hotkey, shares, amount } of one.staked) {
      // Shares that a slash or rounding left worth nothing: the ledger refuses to take them out.
      if (amount === 0n) continue
      const left = await unstakeFrom(account, {
        netuid: one.netuid,
        hotkey,
        shares,
        leastAmount: leastOf(amount, terms.slippageBps),
      })
      if (left.freeAtSeconds === undefined) continue
      leaving += left.amount
      freeAtSeconds = Math.max(freeAtSeconds, left.freeAtSeconds)
    }
    const alpha = await readFreeAlpha(account, one.netuid, own)
    const cashed = alpha === 0n ? kept(alpha) : await cashFree(account, one.netuid, alpha, terms)
    outcomes.push({ netuid: one.netuid, ...cashed, leaving, ...(leaving === 0n ? {} : { freeAtSeconds }) })
  }
  return outcomes
}

type Cashed = Pick<AlphaWithdrawal, 'alpha' | 'outcome' | 'koin' | 'unpriced'>

function kept(alpha: bigint): Cashed {
  return { alpha, outcome: 'kept', koin: 0n }
}

async function cashFree(
  account: Membership,
  netuid: number,
  alpha: bigint,
  { recipient, keepsAlpha, slippageBps, agreed }: CashTerms,
): Promise<Cashed> {
  if (keepsAlpha) {
    if (recipient === account.sender.address) return kept(alpha)
    await sendAlpha(account, { netuid, to: recipient, alpha })
    return { alpha, outcome: 'sent', koin: 0n }
  }
  const market = await readMarket(account, netuid)
  if (!('pool' in market))
    return { alpha, outcome: 'redeemed', koin: (await redeemAlpha(account, netuid, alpha)).output }
  const seen = agreed.find((one) => one.netuid === netuid)?.terms
  const sold = seen === undefined || seen.input > alpha ? alpha : seen.input
  const terms = termsOf(market, sold, slippageBps)
  if (terms === undefined) return kept(alpha)
  if (seen === undefined) return { ...kept(0n), unpriced: alpha }
  if (terms.output < seen.leastOutput) throw priceMoved(netuid)
  // The price of the moment may have moved already: its own least output alone would allow the slippage twice.
  const least = terms.leastOutput > seen.leastOutput ? terms.leastOutput : seen.leastOutput
  const { output } = await sellAlpha(account, { netuid, alpha: sold, leastKoin: least })
  return { alpha: sold, outcome: 'sold', koin: output, ...(sold === alpha ? {} : { unpriced: alpha - sold }) }
}

/** Undefined where there is too little to bring anything, or more than the pool takes at once. */
function termsOf({ pool }: SubnetPool, alpha: bigint, slippageBps: number): TradeTerms | undefined {
  if (alpha === 0n) return undefined
  try {
    return tradeTerms(pool, 'sell', alpha, slippageBps)
  } catch (error) {
    if (isKoinonError(error) && ['subnets/worth-nothing', 'subnets/out-of-range'].includes(error.code)) return undefined
    throw error
  }
}

function sellableOf({ free, staked, leaving, rootDividends }: EarnedAlpha, nowSeconds: number): bigint {
  const unbound = staked.filter(({ isBound }) => !isBound)
  const matured = leaving.filter(({ freeAtSeconds }) => freeAtSeconds <= nowSeconds)
  return [...unbound, ...matured].reduce((sum, { amount }) => sum + amount, free + rootDividends)
}

async function nowOf({ reader }: LedgerView): Promise<number> {
  return Number((await reader.getBlock({ blockTag: 'pending' })).timestamp)
}

function priceMoved(netuid: number): KoinonError {
  return new KoinonError({
    code: 'ledger/price-moved',
    message: `Meanwhile the price of subnet ${netuid} moved: its alpha would bring less than its least output, so it was not sold`,
    hint: 'Run the same command again and look at the new price, or allow more with --slippage PERCENT.',
    retry: 'now',
  })
}
