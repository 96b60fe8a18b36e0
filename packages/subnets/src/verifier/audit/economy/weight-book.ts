/** Weights of hotkeys: own alpha, what parents lend to children, root stake where it counts (specs/0014-pools.md sections 5 and 6). */
import type { Address } from '@koinon/base'
import type { EventOf, Tally } from '@koinon/ledger/audit'
import { maximumRootSubnets } from '../../../rules/pool/constants.ts'
import { wad } from '../../../rules/pool/weighted-pool.ts'
import type { DelegationBook } from './delegation-book.ts'
import { SharePool } from './share-pool.ts'

/** The root: KOIN instead of alpha. */
export const rootNetuid = 0

export type StakeRules = {
  readonly unbondingSeconds: number
  /** What 1 KOIN on the root weighs, parts of 1e18. */
  readonly rootWeight: bigint
}

export type Edge = { proportion: bigint; tailProportion: bigint; tailUntil: number; amount: bigint }

/** A hotkey in a subnet, or on the root. */
export class StakedHotkey {
  readonly staked = new SharePool()
  readonly leaving = new SharePool()
  readonly positions = new Map<Address, bigint>()
  /** In force, in the order in which they were applied. */
  readonly children = new Map<Address, Edge>()
  /** In the contract's order: those in force, and those that a slash may still reach. */
  readonly parents: Address[] = []
  /** By parent, those that are over too. */
  readonly edges = new Map<Address, Edge>()
  given = 0n
  received = 0n
  weight = 0n
  isRegistered = false
  countsRoot = false
  slashableUntil = 0
  /** The second in which its root stake ceased to count, the last time that it did. */
  rootLeftAt: number | undefined
  readonly netuid: number
  readonly hotkey: Address

  constructor(netuid: number, hotkey: Address) {
    this.netuid = netuid
    this.hotkey = hotkey
  }
}

/** Permits, as weights see them: who is told of each change, in the contract's order, and until when a permit was held. */
export type PermitPort = {
  onWeight(entry: StakedHotkey, seconds: number, before: bigint): void
  heldUntil(netuid: number, hotkey: Address, now: number): number
}

export class WeightBook {
  readonly #tally: Tally
  readonly #rules: StakeRules
  readonly #delegation: DelegationBook
  readonly #permits: PermitPort
  readonly #hotkeys = new Map<string, StakedHotkey>()
  readonly #counted = new Map<Address, Set<number>>()
  readonly #totals = new Map<number, bigint>()
  /** Of the event at hand. */
  seconds = 0
  // Of the transaction at hand.
  readonly #counting = new Set<StakedHotkey>()
  readonly #edged = new Set<StakedHotkey>()
  readonly #changed = new Set<StakedHotkey>()
  readonly #announced = new Map<StakedHotkey, bigint>()
  readonly #announcedTotals = new Map<number, bigint>()

  constructor(tally: Tally, rules: StakeRules, delegation: DelegationBook, permits: PermitPort) {
    this.#tally = tally
    this.#rules = rules
    this.#delegation = delegation
    this.#permits = permits
  }

  get hotkeys(): readonly StakedHotkey[] {
    return [...this.#hotkeys.values()]
  }

  entry(netuid: number, hotkey: Address): StakedHotkey {
    const key = `${netuid}/${hotkey}`
    const found = this.#hotkeys.get(key) ?? new StakedHotkey(netuid, hotkey)
    this.#hotkeys.set(key, found)
    return found
  }

  /** Sum of all weights of a subnet. */
  totalOf(netuid: number): bigint {
    return this.#totals.get(netuid) ?? 0n
  }

  /** Part of the weight that comes from the root. */
  rootPart(entry: StakedHotkey): bigint {
    return entry.countsRoot ? this.#rootWorth(entry.hotkey) : 0n
  }

  /** What dividends are divided by: the root's part stays when its operator gave up the seat. */
  dividendWeights(entry: StakedHotkey): { readonly weight: bigint; readonly rootPart: bigint } {
    const { weight, countsRoot, isRegistered, rootLeftAt } = entry
    if (countsRoot) return { weight, rootPart: this.rootPart(entry) }
    const isOver = isRegistered && this.seconds >= (rootLeftAt ?? 0) + 2 * this.#rules.unbondingSeconds
    if (rootLeftAt === undefined || isOver) return { weight, rootPart: 0n }
    const rootPart = this.#rootWorth(entry.hotkey)
    return { weight: weight + rootPart, rootPart }
  }

  /** Dividends that reach a pool bind the stake in it. */
  bind(entry: StakedHotkey): void {
    entry.slashableUntil = this.seconds + this.#rules.unbondingSeconds
  }

  /** Part of the parent that a slash of the child reaches. */
  reach({ proportion, tailProportion, tailUntil }: Edge): bigint {
    return this.seconds < tailUntil && tailProportion > proportion ? tailProportion : proportion
  }

  isSlashable(netuid: number, hotkey: Address): boolean {
    if (netuid === rootNetuid) return true
    const backs = (one: Address): boolean =>
      this.seconds < this.entry(netuid, one).slashableUntil ||
      this.seconds < this.#permits.heldUntil(netuid, one, this.seconds) + this.#rules.unbondingSeconds
    return backs(hotkey) || [...this.entry(netuid, hotkey).children.keys()].some(backs)
  }

  /** The registry said that a hotkey took or left a seat: its root stake counts where there is room. */
  onRegistration(netuid: number, hotkey: Address, isRegistered: boolean): void {
    const entry = this.entry(netuid, hotkey)
    entry.isRegistered = isRegistered
    if (entry.countsRoot !== isRegistered && (entry.countsRoot || this.#countedOf(hotkey).size < maximumRootSubnets)) {
      this.#setCounted(entry, isRegistered)
      this.#counting.add(entry)
    }
    const before = entry.weight
    this.#refresh(entry)
    if (entry.weight === before) this.#permits.onWeight(entry, this.seconds, before)
  }

  onRootCounted({ args: { netuid, hotkey, counts } }: EventOf<'staking', 'RootCounted'>): void {
    const entry = this.entry(netuid, hotkey)
    const subject = { netuid, account: hotkey }
    if (this.#counting.delete(entry))
      return void this.#tally.same(subject, 'root stake that counts', entry.countsRoot, counts)
    // Anybody may have a further subnet counted when there is room.
    const isAllowed =
      counts && entry.isRegistered && !entry.countsRoot && this.#countedOf(hotkey).size < maximumRootSubnets
    this.#tally.holds(subject, 'root stake that counts', isAllowed, 'a registered hotkey, at most 16 subnets', counts)
    this.#setCounted(entry, counts)
    this.#refresh(entry)
  }

  onWeightChanged({ args }: EventOf<'staking', 'WeightChanged'>): void {
    this.#announced.set(this.entry(args.netuid, args.hotkey), args.weight)
    this.#announcedTotals.set(args.netuid, args.totalWeight)
  }

  onEdgeSet({ args, seconds }: EventOf<'staking', 'EdgeSet'>): void {
    const { netuid, parent, child, proportion } = args
    const subject = { netuid, account: parent }
    const [giver, taker] = [this.entry(netuid, parent), this.entry(netuid, child)]
    const edge = taker.edges.get(parent) ?? { proportion: 0n, tailProportion: 0n, tailUntil: 0, amount: 0n }
    taker.edges.set(parent, edge)
    if (proportion === 0n) {
      edge.tailProportion = this.reach(edge)
      edge.tailUntil = seconds + this.#rules.unbondingSeconds
      giver.slashableUntil = edge.tailUntil
      giver.children.delete(child)
    } else {
      const isDue = this.#delegation.mayApply({ netuid, parent, child, proportion, seconds })
      this.#tally.holds(subject, `part given to ${child}`, isDue, 'announced, due and agreed to', proportion)
      this.#prune(taker)
      if (this.reach(edge) === 0n) taker.parents.push(parent)
      giver.children.set(child, edge)
    }
    edge.proportion = proportion
    this.#give(giver, taker, edge)
    this.#tally.same(subject, `alpha lent to ${child}`, edge.amount, args.amount)
    // The contract looks at the parent when all its children are applied.
    this.#edged.add(giver)
  }

  /** To be called after every change of a staked pool. */
  afterChange(entry: StakedHotkey): void {
    if (entry.netuid === rootNetuid) {
      for (const netuid of this.#countedOf(entry.hotkey)) this.#refresh(this.entry(netuid, entry.hotkey))
      return
    }
    for (const [child, edge] of entry.children) this.#give(entry, this.entry(entry.netuid, child), edge)
    this.#refresh(entry)
  }

  /** What was announced in a transaction is held against the books when it is over. */
  endTransaction(): void {
    for (const parent of this.#edged) this.#refresh(parent)
    this.#edged.clear()
    for (const { netuid, hotkey, countsRoot } of this.#counting)
      this.#tally.same({ netuid, account: hotkey }, 'root stake that counts', countsRoot, 'not said')
    this.#counting.clear()
    for (const entry of new Set([...this.#changed, ...this.#announced.keys()])) {
      const subject = { netuid: entry.netuid, account: entry.hotkey }
      this.#tally.same(
        subject,
        `weight at second ${this.seconds}`,
        entry.weight,
        this.#announced.get(entry) ?? 'not said',
      )
    }
    for (const [netuid, total] of this.#announcedTotals)
      this.#tally.same({ netuid }, `weight of all at second ${this.seconds}`, this.totalOf(netuid), total)
    this.#changed.clear()
    this.#announced.clear()
    this.#announcedTotals.clear()
  }

  #give(giver: StakedHotkey, taker: StakedHotkey, edge: Edge): void {
    const amount = (giver.staked.assets * edge.proportion) / wad
    if (amount === edge.amount) return
    giver.given += amount - edge.amount
    taker.received += amount - edge.amount
    edge.amount = amount
    this.#refresh(taker)
  }

  #refresh(entry: StakedHotkey): void {
    const { netuid, staked, given, received, weight: before } = entry
    const weight = staked.assets - given + received + this.rootPart(entry)
    if (weight === before) return
    this.#totals.set(netuid, this.totalOf(netuid) + weight - before)
    entry.weight = weight
    this.#changed.add(entry)
    this.#permits.onWeight(entry, this.seconds, before)
  }

  #rootWorth(hotkey: Address): bigint {
    return (this.entry(rootNetuid, hotkey).staked.assets * this.#rules.rootWeight) / wad
  }

  #setCounted(entry: StakedHotkey, counts: boolean): void {
    entry.countsRoot = counts
    if (!counts) entry.rootLeftAt = this.seconds
    if (counts) this.#countedOf(entry.hotkey).add(entry.netuid)
    else this.#countedOf(entry.hotkey).delete(entry.netuid)
  }

  #countedOf(hotkey: Address): Set<number> {
    const found = this.#counted.get(hotkey) ?? new Set<number>()
    this.#counted.set(hotkey, found)
    return found
  }

  /** Drops parents that no slash reaches any more, as the contract does when another begins: the last takes the place. */
  #prune({ parents, edges }: StakedHotkey): void {
    for (let i = parents.length - 1; i >= 0; i--) {
      if (this.reach(edges.get(parents[i] as Address) as Edge) > 0n) continue
      const last = parents.pop() as Address
      if (i < parents.length) parents[i] = last
    }
  }
}
