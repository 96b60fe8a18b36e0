/** Stake as shares, tickets of those who leave, dividends and slashes, worked out again (specs/0014-pools.md sections 4 to 7). */
import type { Address } from '@koinon/base'
import type { EventOf, Tally } from '@koinon/ledger/audit'
import { reactionSeconds, rewardBps } from '../../../rules/pool/constants.ts'
import { wad } from '../../../rules/pool/weighted-pool.ts'
import type { DelegationBook } from './delegation-book.ts'
import { RootDividends } from './root-dividends.ts'
import { dividendsText, rootDividendsText, slashText, stakeText } from './stake-texts.ts'
import { type Edge, rootNetuid, type StakedHotkey, type StakeRules, type WeightBook } from './weight-book.ts'

export const stakeEventNames = [
  'Staked',
  'Unstaked',
  'Queued',
  'Withdrawn',
  'DividendsAdded',
  'RootDividendsAdded',
  'RootClaimed',
  'Slashed',
  'SlashPaid',
  'WeightChanged',
  'RootCounted',
  'EdgeSet',
] as const
export type StakeEvent = EventOf<'staking', (typeof stakeEventNames)[number]>
type Of<name extends StakeEvent['name']> = Extract<StakeEvent, { readonly name: name }>

const bps = 10_000n
/** Of everything a slash reaches (specs/0015-disputes.md section 5). */
const slashBps = 2_000n

type Ticket = { readonly netuid: number; readonly hotkey: Address; readonly shares: bigint; readonly releaseAt: number }
/** Stake that left its pool; `isBound`: it has to wait. */
type Departure = {
  readonly entry: StakedHotkey
  readonly what: string
  readonly amount: bigint
  readonly isBound: boolean
}

export class StakeBook {
  readonly #tally: Tally
  readonly #rules: StakeRules
  readonly #delegation: DelegationBook
  readonly #tickets = new Map<Address, Ticket[]>()
  readonly #nextTicket = new Map<Address, number>()
  readonly weights: WeightBook
  readonly root = new RootDividends()
  // Of the transaction at hand: events that have to come, parts of a slash that came, stake that left.
  #expected: string[] = []
  #slashed: string[] = []
  /** Root stake is slashed once in the time of unbonding and a day. */
  readonly #rootSlashedAt = new Map<string, number>()
  #departure: Departure | undefined

  constructor(tally: Tally, rules: StakeRules, delegation: DelegationBook, weights: WeightBook) {
    this.#tally = tally
    this.#rules = rules
    this.#delegation = delegation
    this.weights = weights
  }

  /** Of everybody who ever queued: tickets paid, and all. */
  queues(): readonly (readonly [Address, { readonly next: number; readonly count: number }])[] {
    return [...this.#tickets].map(([staker, { length: count }]) => [
      staker,
      { next: this.#nextTicket.get(staker) ?? 0, count },
    ])
  }

  /** What the staking contract has to hold of a subnet's alpha, or of KOIN for the root; unclaimed root dividends included. */
  assetsOf(netuid: number): bigint {
    return this.weights.hotkeys
      .filter((entry) => entry.netuid === netuid)
      .reduce((sum, { staked, leaving }) => sum + staked.assets + leaving.assets, this.root.unclaimedOf(netuid))
  }

  /**
   * Dividends that the coinbase pays: everything follows from the books. The events that name it come after this and are held against
   * it. Of W, the weight now, an operator's flight aside: the root's part and each parent's go where they came from, less the takes; the
   * rest is the hotkey's pool's.
   */
  payDividends(netuid: number, hotkey: Address, amount: bigint): void {
    const entry = this.weights.entry(netuid, hotkey)
    const { weight, rootPart } = this.weights.dividendWeights(entry)
    const { takeBps, childTakeBps } = this.#delegation.takesOf(hotkey, this.weights.seconds)
    const rootPool = this.weights.entry(rootNetuid, hotkey).staked
    const fromRoot = rootPart === 0n || rootPool.shares === 0n ? 0n : (amount * rootPart) / weight
    let taken = (fromRoot * takeBps) / bps
    if (fromRoot > 0n) {
      const { rate, payment } = this.root.add(netuid, hotkey, fromRoot - taken, rootPool.shares)
      this.#expected.push(rootDividendsText({ netuid, hotkey, amount: fromRoot - taken, rate, payment }))
    }
    let own = amount - fromRoot
    for (const parent of entry.parents) {
      const edge = entry.edges.get(parent) as Edge
      if (weight === 0n || amount * edge.amount < weight) continue
      const part = (amount * edge.amount) / weight
      own -= part
      const cut = (part * childTakeBps) / bps
      taken += cut
      this.#raise(this.weights.entry(netuid, parent), part - cut)
    }
    if (taken > 0n) this.#creditHotkey(entry, taken)
    this.#raise(entry, own)
  }

  apply(event: StakeEvent): void {
    switch (event.name) {
      case 'Staked':
        return this.#staked(event)
      case 'Unstaked':
        return this.#unstaked(event)
      case 'Queued':
        return this.#queued(event)
      case 'Withdrawn':
        return this.#withdrawn(event)
      case 'DividendsAdded':
        return this.#expect(event, dividendsText(event.args))
      case 'RootDividendsAdded':
        return this.#expect(event, rootDividendsText(event.args))
      case 'RootClaimed':
        return this.#rootClaimed(event)
      case 'Slashed':
        return void this.#slashed.push(slashText(event.args))
      case 'SlashPaid':
        return this.#slashPaid(event)
      case 'WeightChanged':
        return this.weights.onWeightChanged(event)
      case 'RootCounted':
        return this.weights.onRootCounted(event)
      case 'EdgeSet':
        return this.weights.onEdgeSet(event)
    }
  }

  /** To be called when the next event is one of another transaction, and at the end. */
  endTransaction(): void {
    for (const text of this.#expected.splice(0)) this.#tally.same({}, 'event of dividends', text, 'none')
    for (const text of this.#slashed.splice(0)) this.#tally.same({}, 'slash without its payment', 'none', text)
    this.#settleDeparture()
    this.weights.endTransaction()
  }

  #staked(event: Of<'Staked'>): void {
    const { netuid, hotkey, staker, amount } = event.args
    if (this.#expected.length > 0) return this.#expect(event, stakeText(event.args))
    this.#settleDeparture()
    const entry = this.weights.entry(netuid, hotkey)
    const shares = entry.staked.deposit(amount)
    this.#move(entry, staker, shares)
    const expected = stakeText({ ...event.args, ...poolOf(entry), shares })
    this.#tally.same(subjectOf(event), `stake of block ${event.block}`, expected, stakeText(event.args))
    this.weights.afterChange(entry)
  }

  #unstaked(event: Of<'Unstaked'>): void {
    const { netuid, hotkey, staker, shares } = event.args
    this.#settleDeparture()
    const entry = this.weights.entry(netuid, hotkey)
    const held = entry.positions.get(staker) ?? 0n
    const what = `unstaking of block ${event.block}`
    this.#tally.holds(subjectOf(event), `shares of ${staker}`, shares <= held, `at least ${shares}`, held)
    const isBound = this.weights.isSlashable(netuid, hotkey)
    const amount = entry.staked.redeem(shares)
    this.#move(entry, staker, -shares)
    const expected = stakeText({ ...event.args, ...poolOf(entry), amount })
    this.#tally.same(subjectOf(event), what, expected, stakeText(event.args))
    this.#departure = { entry, what, amount, isBound }
    this.weights.afterChange(entry)
  }

  #queued(event: Of<'Queued'>): void {
    const { netuid, hotkey, staker, amount, ticketId } = event.args
    const subject = subjectOf(event)
    const departure = this.#departure
    this.#departure = undefined
    const entry = this.weights.entry(netuid, hotkey)
    const isDue = departure?.entry === entry && departure.isBound
    this.#tally.holds(subject, `queue of block ${event.block}`, isDue, 'stake that has to wait', 'stake that need not')
    this.#tally.same(subject, `amount queued in block ${event.block}`, departure?.amount ?? 0n, amount)
    const tickets = this.#tickets.get(staker) ?? []
    this.#tickets.set(staker, tickets)
    const releaseAt = event.seconds + this.#rules.unbondingSeconds
    const shares = entry.leaving.deposit(amount)
    this.#tally.same(subject, `number of a ticket of ${staker}`, BigInt(tickets.length), ticketId)
    this.#tally.same(subject, `shares of ticket ${ticketId} of ${staker}`, shares, event.args.shares)
    this.#tally.same(subject, `release of ticket ${ticketId} of ${staker}`, releaseAt, event.args.releaseAt)
    tickets.push({ netuid, hotkey, shares, releaseAt })
  }

  #withdrawn(event: Of<'Withdrawn'>): void {
    const { staker, ticketId, amount } = event.args
    const next = this.#nextTicket.get(staker) ?? 0
    const subject = { netuid: event.args.netuid, account: staker }
    this.#tally.same(subject, 'ticket that is paid next', BigInt(next), ticketId)
    const ticket = this.#tickets.get(staker)?.[next]
    if (ticket === undefined) return void this.#tally.holds(subject, `ticket ${ticketId}`, false, 'a ticket', 'none')
    this.#nextTicket.set(staker, next + 1)
    const { netuid, hotkey, shares, releaseAt } = ticket
    const found = `${event.args.netuid}/${event.args.hotkey}`
    this.#tally.same(subject, `place of ticket ${ticketId}`, `${netuid}/${hotkey}`, found)
    const isDue = event.seconds >= releaseAt
    this.#tally.holds(
      subject,
      `second in which ticket ${ticketId} was paid`,
      isDue,
      `from ${releaseAt} on`,
      event.seconds,
    )
    const worth = this.weights.entry(netuid, hotkey).leaving.redeem(shares)
    this.#tally.same(subject, `paid for ticket ${ticketId}`, worth, amount)
  }

  #rootClaimed(event: Of<'RootClaimed'>): void {
    const { netuid, hotkey, staker, amount, payment } = event.args
    const last = this.root.paymentsOf(hotkey)
    this.#tally.holds(subjectOf(event), 'payments that were claimed', payment <= last, `up to ${last}`, payment)
    const owed = this.root.claim(netuid, hotkey, staker, payment)
    this.#tally.same({ netuid, account: staker }, `root dividends of ${hotkey} up to payment ${payment}`, owed, amount)
  }

  /** All of a slash follows from its hotkey; the events before this one are its parts. */
  #slashPaid(event: Of<'SlashPaid'>): void {
    const { netuid, hotkey, alphaTaken, koinTaken, alphaReward, koinReward } = event.args
    const entry = this.weights.entry(netuid, hotkey)
    const wanted: string[] = []
    const slash = (slashed: StakedHotkey, part: bigint): bigint => {
      const fromStaked = slashed.staked.slash(part, bps * wad)
      const fromLeaving = slashed.leaving.slash(part, bps * wad)
      if (fromStaked + fromLeaving === 0n) return 0n
      wanted.push(slashText({ netuid: slashed.netuid, hotkey: slashed.hotkey, fromStaked, fromLeaving }))
      this.weights.afterChange(slashed)
      return fromStaked + fromLeaving
    }
    let alpha = slash(entry, slashBps * wad)
    for (const parent of entry.parents) {
      const reached = this.weights.reach(entry.edges.get(parent) as Edge)
      alpha += slash(this.weights.entry(netuid, parent), slashBps * reached)
    }
    const sparedSeconds = this.#rules.unbondingSeconds + reactionSeconds
    const isSpared = event.seconds < (this.#rootSlashedAt.get(hotkey) ?? -Infinity) + sparedSeconds
    const koin = isSpared ? 0n : slash(this.weights.entry(rootNetuid, hotkey), slashBps * wad)
    if (koin > 0n) this.#rootSlashedAt.set(hotkey, event.seconds)
    const subject = subjectOf(event)
    const what = `slash of block ${event.block}`
    this.#tally.same(subject, `parts of the ${what}`, wanted.join('; '), this.#slashed.splice(0).join('; '))
    this.#tally.same(subject, `alpha taken by the ${what}`, alpha, alphaTaken)
    this.#tally.same(subject, `KOIN taken by the ${what}`, koin, koinTaken)
    this.#tally.same(subject, `alpha paid for the ${what}`, (alpha * rewardBps) / bps, alphaReward)
    this.#tally.same(subject, `KOIN paid for the ${what}`, (koin * rewardBps) / bps, koinReward)
  }

  /** Holds an event against the next one that the books demand. */
  #expect(event: StakeEvent, found: string): void {
    const expected = this.#expected.shift()
    this.#tally.same(subjectOf(event), `dividends of block ${event.block}`, expected ?? 'none', found)
  }

  /** The take goes first, then the rest raises the worth of shares; without shares all is the hotkey's own. */
  #raise(entry: StakedHotkey, amount: bigint): void {
    if (amount === 0n) return
    this.weights.bind(entry)
    const { takeBps } = this.#delegation.takesOf(entry.hotkey, this.weights.seconds)
    const taken = entry.staked.shares === 0n ? amount : (amount * takeBps) / bps
    if (taken < amount) {
      entry.staked.assets += amount - taken
      this.#expected.push(dividendsText({ ...entry, amount: amount - taken, poolAssets: entry.staked.assets }))
    }
    if (taken > 0n) this.#creditHotkey(entry, taken)
    else this.weights.afterChange(entry)
  }

  #creditHotkey(entry: StakedHotkey, amount: bigint): void {
    const shares = entry.staked.depositOrRaise(amount)
    if (shares > 0n) entry.positions.set(entry.hotkey, (entry.positions.get(entry.hotkey) ?? 0n) + shares)
    this.#expected.push(
      shares > 0n
        ? stakeText({ ...entry, staker: entry.hotkey, amount, shares, ...poolOf(entry) })
        : dividendsText({ ...entry, amount, poolAssets: entry.staked.assets }),
    )
    this.weights.afterChange(entry)
  }

  #move(entry: StakedHotkey, staker: Address, shares: bigint): void {
    const held = (entry.positions.get(staker) ?? 0n) + shares
    entry.positions.set(staker, held)
    if (entry.netuid === rootNetuid) this.root.setShares(entry.hotkey, staker, held)
  }

  /** What left without being queued must not have had to wait. */
  #settleDeparture(): void {
    const departure = this.#departure
    this.#departure = undefined
    if (departure === undefined) return
    const { entry, what, isBound } = departure
    this.#tally.holds(
      { netuid: entry.netuid, account: entry.hotkey },
      `${what}: paid at once`,
      !isBound,
      'queued',
      'paid',
    )
  }
}

function subjectOf({ args }: StakeEvent): { readonly netuid: number; readonly account: Address } {
  return { netuid: args.netuid, account: 'hotkey' in args ? args.hotkey : args.parent }
}

function poolOf({ staked }: StakedHotkey): { readonly poolAssets: bigint; readonly poolShares: bigint } {
  return { poolAssets: staked.assets, poolShares: staked.shares }
}
