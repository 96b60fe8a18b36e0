/** Steps of the emission, what accrued by them and what was paid of it, worked out again (specs/0020-pool-emission.md). */
import { type Address, isKoinonError } from '@koinon/base'
import type { EventOf, Subject, Tally } from '@koinon/ledger/audit'
import { partsDelaySeconds } from '../../../rules/emission/constants.ts'
import type { EmissionPolicy } from '../../../rules/emission/policy.ts'
import {
  type AccruedAmounts,
  accruedWithin,
  defaultEmissionParts,
  type EmissionOpening,
  type EmissionSubnet,
  issueOfEntry,
  nothingAccrued,
  openEmissionStep,
  type PoolEmissionRules,
  type StepEntry,
} from '../../../rules/emission/pool-step.ts'
import { wad } from '../../../rules/pool/weighted-pool.ts'
import type { DelegationBook } from './delegation-book.ts'
import type { Market, PoolBook } from './market.ts'

export const emissionEventNames = [
  'StepOpened',
  'PolicyFailed',
  'SubnetPaid',
  'SubnetSkipped',
  'StepClosed',
  'MinerPaid',
  'DividendsPaid',
  'OwnerPaid',
  'RestBurned',
  'PartsAnnounced',
] as const
export type EmissionEvent = EventOf<'emission', (typeof emissionEventNames)[number]>
type Of<name extends EmissionEvent['name']> = Extract<EmissionEvent, { readonly name: name }>

/** As deployed. */
export type EmissionConstants = {
  readonly koinPerSecond: bigint
  readonly alphaPerSecond: bigint
  readonly periodSeconds: bigint
  readonly startsAtSeconds: bigint
  readonly restSeconds: bigint
  /** Parts of 1e18. */
  readonly rootWeight: bigint
  /** Undefined when the network's is none of those known here: then the shares that were announced are taken for given. */
  readonly policy: EmissionPolicy | undefined
}

/** Of KOIN, and of every subnet's alpha. */
const cap = 21_000_000n * wad
/** KOIN a second, and the average of the KOIN that people keep in the pool. */
type Flows = { readonly user: bigint; readonly protocol: bigint; readonly capital: bigint }
type Parts = { readonly ownerBps: number; readonly minersBps: number }
type Account = {
  readonly firstStep: number
  lastStep: number
  /** Cumulative, by the number of the step. */
  readonly accrued: Map<number, AccruedAmounts>
}
/** The step that is being paid. */
type OpenStep = {
  readonly opening: EmissionOpening
  readonly number: number
  paid: number
  minted: bigint
}

export class EmissionBook {
  readonly #tally: Tally
  readonly #constants: EmissionConstants
  readonly #rules: PoolEmissionRules
  readonly #market: Market
  readonly #delegation: DelegationBook
  /** Of closed steps; the n-th step's is at n - 1. */
  readonly #ends: bigint[] = []
  readonly #accounts = new Map<number, Account>()
  readonly #flows = new Map<number, Flows>()
  readonly #marks = new Map<number, { readonly koin: bigint; readonly injected: bigint }>()
  readonly #parts = new Map<number, { readonly now: Parts; readonly next: Parts; readonly from: number }>()
  readonly #paid = new Map<number, AccruedAmounts>()
  readonly #restBurned = new Set<number>()
  #step: OpenStep | undefined
  #policyFailed = false
  #toMint = 0n
  readonly #toInject = new Map<number, string>()
  readonly #toMintAlpha = new Map<number, bigint>()
  koinMinted = 0n

  constructor(tally: Tally, constants: EmissionConstants, market: Market, delegation: DelegationBook) {
    this.#tally = tally
    this.#constants = constants
    this.#market = market
    this.#delegation = delegation
    this.#rules = {
      koin: { cap, base: constants.koinPerSecond },
      alpha: { cap, base: constants.alphaPerSecond },
      periodSeconds: constants.periodSeconds,
      rootWeight: constants.rootWeight,
      policy: constants.policy ?? { name: '', version: 0, specHash: '0x', shares: (all) => all.map(() => 0n) },
    }
  }

  /** End of the last closed step. */
  get finalUntil(): bigint {
    return this.#ends.at(-1) ?? this.#constants.startsAtSeconds
  }

  /** Subnets that ever took part in a step. */
  get netuids(): readonly number[] {
    return [...this.#accounts.keys()]
  }

  paidOf(netuid: number): AccruedAmounts {
    return this.#paid.get(netuid) ?? nothingAccrued
  }

  flowsOf(netuid: number): Flows {
    return this.#flows.get(netuid) ?? { user: 0n, protocol: 0n, capital: 0n }
  }

  /** Alpha that the contract has to hold: accrued in all steps, those not yet closed too, less what was paid. */
  heldOf(netuid: number): bigint {
    const all = this.#cumulative(netuid, this.#ends.length + 1)
    const paid = this.paidOf(netuid)
    return all.owner + all.miners + all.dividends - paid.owner - paid.miners - paid.dividends
  }

  /** From genesis to a second; undefined while that is not final. */
  accruedUntil(netuid: number, seconds: number): AccruedAmounts | undefined {
    const second = BigInt(seconds)
    if (second > this.finalUntil) return undefined
    if (second <= this.#constants.startsAtSeconds) return nothingAccrued
    const number = this.#ends.findIndex((end) => end >= second) + 1
    const from = this.#ends[number - 2] ?? this.#constants.startsAtSeconds
    const end = this.#ends[number - 1] as bigint
    return accruedWithin(this.#cumulative(netuid, number - 1), this.#cumulative(netuid, number), { from, end }, second)
  }

  /** How steps that begin at a time divide a subnet's alpha. */
  partsOf(netuid: number, seconds: number): Parts & { readonly validatorsBps: number } {
    const announced = this.#parts.get(netuid)
    const parts =
      announced === undefined ? defaultEmissionParts : seconds >= announced.from ? announced.next : announced.now
    const { ownerBps, minersBps } = parts
    return { ownerBps, minersBps, validatorsBps: 10_000 - ownerBps - minersBps }
  }

  /** Opens a step. `living` in the registry's order, `rootStake`: KOIN that the staking contract holds. */
  open(event: Of<'StepOpened'>, living: readonly number[], rootStake: bigint): void {
    const { args, seconds } = event
    const what = `of step ${args.step}`
    this.#tally.holds({}, `step before ${what}`, this.#step === undefined, 'closed', 'open')
    const state = {
      steppedUntil: this.finalUntil,
      koinMinted: this.koinMinted,
      rootStake,
      subnets: living.flatMap((netuid) => this.#subnetOf(netuid)),
    }
    const opening = this.#attempt(() => openEmissionStep(this.#rules, state, BigInt(seconds)))
    if (opening === undefined) {
      this.#tally.holds({}, `second ${what}`, false, 'a period after the step before', seconds)
      return
    }
    const same = (name: string, expected: bigint | string, found: bigint | string): void =>
      void this.#tally.same({}, `${name} ${what}`, expected, found)
    same('number', BigInt(this.#ends.length + 1), args.step)
    same('begin', opening.from, BigInt(args.from))
    same('end', opening.end, BigInt(args.end))
    same('KOIN issued', opening.koinIssued, args.koinIssued)
    same('KOIN on the root', rootStake, args.rootStake)
    same('subnets', opening.entries.map(({ netuid }) => netuid).join(), args.netuids.join())
    same('price averages', opening.entries.map(({ average }) => average).join(), args.averages.join())
    same('capital that people keep', opening.entries.map(({ capital }) => capital).join(), args.capitals.join())
    const shares = this.#sharesOf(opening, args.shares, what)
    same('shares', shares.join(), args.shares.join())
    const entries = opening.entries.map((entry, index) => ({ ...entry, shareQ64: shares[index] ?? 0n }))
    for (const { netuid, userFlow, protocolFlow, capitalAverage } of opening.subnets)
      if (entries.some((entry) => entry.netuid === netuid))
        this.#flows.set(netuid, { user: userFlow, protocol: protocolFlow, capital: capitalAverage })
    this.#step = { opening: { ...opening, entries }, number: this.#ends.length + 1, paid: 0, minted: 0n }
  }

  apply(event: Exclude<EmissionEvent, Of<'StepOpened'>>, seconds: number): void {
    switch (event.name) {
      case 'PolicyFailed':
        this.#policyFailed = true
        return this.#tally.open({}, `policy in step ${event.args.step}`, 'why it failed there cannot be computed again')
      case 'SubnetPaid':
        return this.#subnetPaid(event)
      case 'SubnetSkipped': {
        const { netuid } = event.args
        const isEnded = this.#market.pools.get(netuid)?.isDissolved === true
        this.#tally.holds({ netuid }, `part in step ${event.args.step}`, isEnded, 'paid', 'left out')
        return void this.#nextEntry(netuid)
      }
      case 'StepClosed':
        return this.#stepClosed(event)
      case 'MinerPaid':
        return this.#pay(event.args.netuid, event.args.hotkey, { miners: event.args.amount })
      case 'DividendsPaid':
        return this.#pay(event.args.netuid, event.args.hotkey, { dividends: event.args.amount })
      case 'OwnerPaid':
        return this.#pay(event.args.netuid, event.args.owner, { owner: event.args.amount })
      case 'PartsAnnounced': {
        const { netuid, ownerBps, minersBps, from } = event.args
        this.#tally.same({ netuid }, 'second from which announced parts hold', seconds + partsDelaySeconds, from)
        const next = { ownerBps: Number(ownerBps), minersBps: Number(minersBps) }
        return void this.#parts.set(netuid, { now: this.partsOf(netuid, seconds), next, from })
      }
      case 'RestBurned':
        // Its conditions are held by whoever knows when the subnet ended.
        return
    }
  }

  /** The rest of a dissolved subnet: `held` is all that the contract had of it. */
  restBurned({ args, seconds }: Of<'RestBurned'>, dissolvedAt: number | undefined, held: bigint): void {
    const subject = { netuid: args.netuid }
    const opens = BigInt(dissolvedAt ?? 0) + this.#constants.restSeconds
    const isFree = dissolvedAt !== undefined && BigInt(seconds) >= opens
    this.#tally.holds(subject, 'second in which the rest was burned', isFree, `from ${opens} on`, seconds)
    this.#tally.same(subject, 'rest that was burned', held, args.alpha)
    this.#restBurned.add(args.netuid)
  }

  isRestBurned(netuid: number): boolean {
    return this.#restBurned.has(netuid)
  }

  /** KOIN came into being for this contract. */
  onKoinMinted(amount: bigint): void {
    this.#tally.same({}, 'KOIN minted for the subnets of a step', this.#toMint, amount)
    this.#toMint = 0n
  }

  onInjected({ args }: EventOf<'pools', 'Injected'>): void {
    const found = injectionText(args.alpha, args.koin)
    this.#tally.same({ netuid: args.netuid }, 'injected by a step', this.#toInject.get(args.netuid) ?? 'nothing', found)
    this.#toInject.delete(args.netuid)
  }

  onAlphaMinted(netuid: number, amount: bigint): void {
    this.#tally.same({ netuid }, 'alpha minted by a step', this.#toMintAlpha.get(netuid) ?? 0n, amount)
    this.#toMintAlpha.delete(netuid)
  }

  /** Everything that a call to `advance` announced has to have come by then. */
  endTransaction(): void {
    for (const [netuid, text] of this.#toInject) this.#tally.same({ netuid }, 'injected by a step', text, 'nothing')
    for (const [netuid, amount] of this.#toMintAlpha) this.#tally.same({ netuid }, 'alpha minted by a step', amount, 0n)
    if (this.#toMint > 0n) this.#tally.same({}, 'KOIN minted for the subnets of a step', this.#toMint, 0n)
    this.#toMint = 0n
    this.#toInject.clear()
    this.#toMintAlpha.clear()
  }

  /** Where a payment of a miner or an owner has to have gone: `amount of account on hotkey`. */
  giftText(netuid: number, account: Address, amount: bigint): string {
    return giftText(amount, account, this.#delegation.autoStakeOf(netuid, account))
  }

  #sharesOf(opening: EmissionOpening, announced: readonly bigint[], what: string): readonly bigint[] {
    if (this.#policyFailed) {
      this.#policyFailed = false
      return opening.entries.map(() => 0n)
    }
    if (this.#constants.policy !== undefined) return opening.entries.map(({ shareQ64 }) => shareQ64)
    this.#tally.open({}, `shares ${what}`, "the network's emission policy is none of those known here")
    return announced
  }

  #subnetOf(netuid: number): readonly EmissionSubnet[] {
    const book = this.#market.pools.get(netuid)
    if (book === undefined || book.isDissolved) return []
    const { user: userFlow, protocol: protocolFlow, capital: capitalAverage } = this.flowsOf(netuid)
    return [
      {
        ...this.#payable(netuid, book),
        netuid,
        openedAt: book.openedAt,
        average: book.average,
        averagedAt: book.averagedAt,
        userFlow,
        protocolFlow,
        capitalAverage,
        mark: this.#marks.get(netuid),
        accrued: nothingAccrued,
      },
    ]
  }

  #payable(netuid: number, { pool, minted }: PoolBook) {
    return { pool, minted, ...this.partsOf(netuid, Number(this.finalUntil)) }
  }

  #nextEntry(netuid: number): StepEntry | undefined {
    const step = this.#step
    const entry = step?.opening.entries[step.paid]
    const wanted = entry === undefined ? 'none' : entry.netuid
    if (!this.#tally.same({ netuid }, 'subnet that is paid next', wanted, netuid) || step === undefined)
      return undefined
    step.paid++
    return entry
  }

  #subnetPaid({ args }: Of<'SubnetPaid'>): void {
    const { netuid, issue: found } = args
    const entry = this.#nextEntry(netuid)
    const book = this.#market.pools.get(netuid)
    const step = this.#step
    if (entry === undefined || book === undefined || step === undefined) return
    this.#tally.same({ netuid }, 'step in which it was paid', BigInt(step.number), args.step)
    const issue = issueOfEntry(this.#rules, step.opening, entry, this.#payable(netuid, book))
    for (const name of issueParts)
      this.#tally.same({ netuid }, `${issueWords[name]} of step ${args.step}`, issue[name], found[name])
    const before = this.#cumulative(netuid, step.number - 1)
    const account = this.#accounts.get(netuid) ?? { firstStep: step.number, lastStep: step.number, accrued: new Map() }
    this.#accounts.set(netuid, account)
    account.lastStep = step.number
    account.accrued.set(step.number, {
      owner: before.owner + issue.owner,
      miners: before.miners + issue.miners,
      dividends: before.dividends + issue.dividends,
    })
    this.#marks.set(netuid, { koin: book.pool.koin + issue.koinIn, injected: issue.koinIn })
    step.minted += issue.koinIn
    this.#toMint += issue.koinIn
    const alpha = issue.owner + issue.miners + issue.dividends
    if (issue.koinIn + issue.alphaIn > 0n) this.#toInject.set(netuid, injectionText(issue.alphaIn, issue.koinIn))
    if (alpha > 0n) this.#toMintAlpha.set(netuid, alpha)
  }

  #stepClosed({ args }: Of<'StepClosed'>): void {
    const step = this.#step
    this.#step = undefined
    if (step === undefined) return void this.#tally.holds({}, 'step that was closed', false, 'an open one', args.step)
    const { opening, paid, minted, number } = step
    this.#tally.same({}, `subnets paid in step ${args.step}`, opening.entries.length, paid)
    this.#tally.same({}, 'number of the step that was closed', BigInt(number), args.step)
    this.#tally.same({}, `KOIN minted in step ${args.step}`, minted, args.koinMinted)
    this.#tally.same({}, `KOIN recycled in step ${args.step}`, opening.koinIssued - minted, args.koinRecycled)
    this.#ends.push(opening.end)
  }

  #pay(netuid: number, account: Address, amounts: Partial<AccruedAmounts>): void {
    const had = this.paidOf(netuid)
    const limit = this.#cumulative(netuid, this.#ends.length)
    const subject: Subject = { netuid, account }
    const paid = { ...had }
    for (const [part, amount] of Object.entries(amounts) as [keyof AccruedAmounts, bigint][]) {
      paid[part] = had[part] + amount
      const isCovered = paid[part] <= limit[part]
      this.#tally.holds(subject, `paid of what accrued (${part})`, isCovered, `at most ${limit[part]}`, paid[part])
    }
    this.#paid.set(netuid, paid)
  }

  /** After a step, which may be one in which the subnet no longer took part. */
  #cumulative(netuid: number, step: number): AccruedAmounts {
    const account = this.#accounts.get(netuid)
    if (account === undefined || step < account.firstStep) return nothingAccrued
    return account.accrued.get(Math.min(step, account.lastStep)) ?? nothingAccrued
  }

  #attempt<value>(compute: () => value): value | undefined {
    try {
      return compute()
    } catch (error) {
      if (isKoinonError(error)) return undefined
      throw error
    }
  }
}

const issueWords = {
  koinIn: 'KOIN for the pool',
  alphaIn: 'alpha for the pool',
  koinExcess: 'KOIN that is never minted',
  owner: "owner's part",
  miners: "miners' part",
  dividends: 'dividends',
  alphaRecycled: 'alpha that is never minted',
} as const
const issueParts = Object.keys(issueWords) as readonly (keyof typeof issueWords)[]

function injectionText(alpha: bigint, koin: bigint): string {
  return `${alpha} alpha and ${koin} KOIN`
}

export function giftText(amount: bigint, account: Address, hotkey: Address): string {
  return `${amount} of ${account} on ${hotkey}`
}
