/** Pools and free alpha, worked out again trade by trade and held against what each event says (specs/0014-pools.md section 2). */
import { type Address, zeroAddress } from '@koinon/base'
import type { EventOf, Tally } from '@koinon/ledger/audit'
import type { AlphaMarket } from '../../../rules/pool/koin-worth.ts'
import { movePriceAverage } from '../../../rules/pool/price-average.ts'
import {
  injectIntoPool,
  type Pool,
  type PoolQuote,
  poolPrice,
  quoteBuy,
  quoteSell,
  wad,
} from '../../../rules/pool/weighted-pool.ts'

export const poolEventNames = [
  'PoolOpened',
  'Bought',
  'Sold',
  'Injected',
  'PoolDissolved',
  'Redeemed',
  'AverageMoved',
  'AlphaMinted',
  'AlphaBurned',
  'Transfer',
  'FeesBurned',
] as const
export type PoolEvent = EventOf<'pools', (typeof poolEventNames)[number]>
type Of<name extends PoolEvent['name']> = Extract<PoolEvent, { readonly name: name }>

/** `BurnReason` of the contract. */
const burnReasons = ['fee', 'holder', 'slash', 'redemption'] as const

/** Of one subnet. Amounts in atomic units, times in Unix seconds; after the end `pool.koin` is the pot and the weight 0. */
export class PoolBook {
  pool: Pool
  idleAlpha = 0n
  idleKoin = 0n
  average = 0n
  averagedAt: bigint
  burned = 0n
  minted: bigint
  readonly openedAt: bigint
  readonly balances = new Map<Address, bigint>()

  constructor(alpha: bigint, koin: bigint, seconds: number) {
    this.pool = { alpha, koin, weightKoin: wad / 2n }
    this.minted = alpha
    this.openedAt = this.averagedAt = BigInt(seconds)
  }

  get isDissolved(): boolean {
    return this.pool.weightKoin === 0n
  }

  /** Alpha that exists. */
  get supply(): bigint {
    return this.minted - this.burned
  }

  balanceOf(account: Address): bigint {
    return this.balances.get(account) ?? 0n
  }

  credit(account: Address, amount: bigint): void {
    this.balances.set(account, this.balanceOf(account) + amount)
  }

  averageAt(seconds: bigint): bigint {
    if (this.isDissolved) return this.average
    return movePriceAverage(
      this.average,
      poolPrice(this.pool),
      this.averagedAt - this.openedAt,
      seconds - this.openedAt,
    )
  }

  moveAverage(seconds: number): void {
    this.average = this.averageAt(BigInt(seconds))
    this.averagedAt = BigInt(seconds)
  }

  /** What `koinWorth` reads: the pool, or the pot for all alpha that is left. */
  get market(): AlphaMarket {
    return this.isDissolved ? { pot: this.pool.koin, outstanding: this.supply } : { pool: this.pool }
  }
}

export class Market {
  readonly pools = new Map<number, PoolBook>()
  waitingFees = 0n
  burnedFees = 0n
  readonly #tally: Tally
  readonly #staking: Address
  /** Of the last sale, which names it once more as burned. */
  #fee = 0n
  /** The last move of free alpha; what trades, mints and burns say follows the move that they made. */
  #moved = 'nothing'
  /** Burned for its part of a pot, which is told next. */
  #redeemed = 'none'

  constructor(tally: Tally, staking: Address) {
    this.#tally = tally
    this.#staking = staking
  }

  /** KOIN that the contract has to hold. */
  get koinHeld(): bigint {
    return [...this.pools.values()].reduce((sum, { pool, idleKoin }) => sum + pool.koin + idleKoin, this.waitingFees)
  }

  apply(event: PoolEvent): void {
    const tally = this.#tally
    if (event.name === 'FeesBurned') {
      tally.same({}, `fees burned in block ${event.block}`, this.waitingFees, event.args.koin)
      this.burnedFees += this.waitingFees
      this.waitingFees = 0n
      return
    }
    if (event.name === 'Transfer') return this.#onTransfer(event)
    const { netuid } = event.args
    if (event.name === 'PoolOpened') {
      tally.holds({ netuid }, 'pools opened', !this.pools.has(netuid), 'one', 'two')
      tally.same({ netuid }, 'weight of KOIN at the opening', wad / 2n, event.args.weightKoin)
      this.pools.set(netuid, new PoolBook(event.args.alpha, event.args.koin, event.seconds))
      return
    }
    const book = this.pools.get(netuid)
    if (book === undefined) {
      tally.holds({ netuid }, `pool of ${event.name}`, false, 'an open pool', 'none')
      return
    }
    const traded = ['Bought', 'Sold', 'Injected', 'AverageMoved'].includes(event.name)
    if (traded && !tally.holds({ netuid }, `trade in block ${event.block}`, !book.isDissolved, 'a pool', 'its pot'))
      return
    switch (event.name) {
      case 'Bought':
        return this.#bought(book, event)
      case 'Sold':
        return this.#sold(book, event)
      case 'Injected':
        return this.#injected(book, event)
      case 'AverageMoved':
        book.moveAverage(event.seconds)
        return void tally.same({ netuid }, `price average in block ${event.block}`, book.average, event.args.average)
      case 'PoolDissolved':
        return this.#dissolved(book, event)
      case 'Redeemed':
        return this.#paidOut(book, event)
      case 'AlphaMinted':
        book.minted += event.args.amount
        return this.#followed(event, zeroAddress, event.args.to, event.args.amount)
      case 'AlphaBurned':
        return this.#burned(book, event)
    }
  }

  /** ERC-6909: every balance changes by such moves and by nothing else. */
  #onTransfer({ args: { id, sender, receiver, amount }, block }: Of<'Transfer'>): void {
    const netuid = Number(id)
    const book = this.pools.get(netuid)
    // Nobody has a balance of what is no subnet.
    if (book === undefined)
      return void this.#tally.holds({ netuid }, `pool of a move in block ${block}`, amount === 0n, 'nothing', amount)
    this.#moved = moveText(netuid, sender, receiver, amount)
    if (sender !== zeroAddress) {
      const had = book.balanceOf(sender)
      const subject = { netuid, account: sender }
      this.#tally.holds(subject, `free alpha in block ${block}`, amount <= had, `at least ${amount}`, had)
      book.balances.set(sender, had - amount)
    }
    if (receiver !== zeroAddress) book.credit(receiver, amount)
  }

  #followed(
    { name, args, block }: PoolEvent & { args: { netuid: number } },
    from: Address,
    to: Address,
    amount: bigint,
  ) {
    const { netuid } = args
    this.#tally.same({ netuid }, `move of ${name} in block ${block}`, moveText(netuid, from, to, amount), this.#moved)
    this.#moved = 'nothing'
  }

  #burned(book: PoolBook, event: Of<'AlphaBurned'>): void {
    const { netuid, from, amount, reason } = event.args
    const subject = { netuid, account: from }
    // The fee was burned with the sale.
    if (burnReasons[reason] === 'fee')
      return void this.#tally.same(subject, `fee burned in block ${event.block}`, this.#fee, amount)
    const isRedeemed = burnReasons[reason] === 'redemption' && book.isDissolved
    const wanted = from === this.#staking ? 'slash' : isRedeemed ? 'redemption' : 'holder'
    this.#tally.same(subject, `why alpha was burned in block ${event.block}`, wanted, burnReasons[reason] ?? 'unknown')
    this.#redeemed = isRedeemed ? `${amount} of ${from}` : 'none'
    this.#followed(event, from, zeroAddress, amount)
    book.burned += amount
  }

  #bought(book: PoolBook, event: Of<'Bought'>): void {
    const { args, block, seconds } = event
    const subject = { netuid: args.netuid, account: args.account }
    book.moveAverage(seconds)
    const quote = quoted(() => quoteBuy(book.pool, args.koinIn))
    this.#compare(subject, `purchase in block ${block}`, quote, args.fee, args.alphaOut, args)
    this.#followed(event, zeroAddress, args.account, args.alphaOut)
    if (quote === undefined) return
    book.pool = quote.pool
    this.waitingFees += quote.fee
  }

  #sold(book: PoolBook, event: Of<'Sold'>): void {
    const { args, block, seconds } = event
    const subject = { netuid: args.netuid, account: args.account }
    book.moveAverage(seconds)
    const quote = quoted(() => quoteSell(book.pool, args.alphaIn))
    this.#compare(subject, `sale in block ${block}`, quote, args.fee, args.koinOut, args)
    this.#followed(event, args.account, zeroAddress, args.alphaIn)
    if (quote === undefined) return
    book.pool = quote.pool
    book.burned += quote.fee
    this.#fee = quote.fee
  }

  #compare(
    subject: { readonly netuid: number; readonly account: Address },
    what: string,
    quote: PoolQuote | undefined,
    fee: bigint,
    output: bigint,
    reserves: { readonly alphaReserve: bigint; readonly koinReserve: bigint },
  ): void {
    if (quote === undefined) return void this.#tally.holds(subject, what, false, 'an input that the pool takes', 'none')
    this.#tally.same(subject, `fee of the ${what}`, quote.fee, fee)
    this.#tally.same(subject, `output of the ${what}`, quote.output, output)
    this.#tally.same(subject, `alpha in the pool after the ${what}`, quote.pool.alpha, reserves.alphaReserve)
    this.#tally.same(subject, `KOIN in the pool after the ${what}`, quote.pool.koin, reserves.koinReserve)
  }

  #injected(book: PoolBook, { args, block, seconds }: Of<'Injected'>): void {
    const { netuid, alpha, koin } = args
    book.moveAverage(seconds)
    book.minted += alpha
    const idle = { alpha: book.idleAlpha + alpha, koin: book.idleKoin + koin }
    const after = injectIntoPool(book.pool, idle.alpha, idle.koin)
    book.pool = after ?? book.pool
    book.idleAlpha = after === undefined ? idle.alpha : 0n
    book.idleKoin = after === undefined ? idle.koin : 0n
    const what = `after the injection in block ${block}`
    this.#tally.same({ netuid }, `alpha in the pool ${what}`, book.pool.alpha, args.alphaReserve)
    this.#tally.same({ netuid }, `KOIN in the pool ${what}`, book.pool.koin, args.koinReserve)
    this.#tally.same({ netuid }, `weight of KOIN ${what}`, book.pool.weightKoin, args.weightKoin)
    this.#tally.same({ netuid }, `idle alpha ${what}`, book.idleAlpha, args.idleAlpha)
    this.#tally.same({ netuid }, `idle KOIN ${what}`, book.idleKoin, args.idleKoin)
  }

  #dissolved(book: PoolBook, { args }: Of<'PoolDissolved'>): void {
    const { netuid } = args
    const ended = book.pool.alpha + book.idleAlpha
    const pot = book.pool.koin + book.idleKoin
    book.burned += ended
    book.idleAlpha = book.idleKoin = 0n
    this.#tally.same({ netuid }, 'pot at the end of the pool', pot, args.pot)
    this.#tally.same({ netuid }, 'alpha burned at the end of the pool', ended, args.alphaBurned)
    this.#tally.same({ netuid }, 'alpha left at the end of the pool', book.supply, args.outstanding)
    book.pool = { alpha: 0n, koin: book.supply === 0n ? 0n : pot, weightKoin: 0n }
    if (book.supply === 0n) this.waitingFees += pot
  }

  /** Its alpha was burned just before. */
  #paidOut(book: PoolBook, { args, block }: Of<'Redeemed'>): void {
    const subject = { netuid: args.netuid, account: args.account }
    this.#tally.same(subject, `burned for KOIN in block ${block}`, this.#redeemed, `${args.alpha} of ${args.account}`)
    this.#redeemed = 'none'
    const koin = book.isDissolved ? (book.pool.koin * args.alpha) / (book.supply + args.alpha) : 0n
    book.pool = { ...book.pool, koin: book.pool.koin - koin }
    this.#tally.same(subject, `KOIN redeemed in block ${block}`, koin, args.koin)
    this.#tally.same(subject, `pot after block ${block}`, book.pool.koin, args.pot)
    this.#tally.same(subject, `alpha left after block ${block}`, book.supply, args.outstanding)
  }
}

function moveText(netuid: number, from: Address, to: Address, amount: bigint): string {
  return `${amount} of ${netuid} from ${from} to ${to}`
}

function quoted(quote: () => PoolQuote): PoolQuote | undefined {
  try {
    return quote()
  } catch {
    return undefined
  }
}
