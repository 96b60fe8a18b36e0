/** A network without a ledger, by the rules that ledgers follow: pools, locks, steps, and who holds which alpha. */

import { createLeagueRandom, type LeagueRandom } from '../attack-league/random.ts'
import { maximumInjectionBps } from '../rules/emission/constants.ts'
import type { EmissionPolicy } from '../rules/emission/policy.ts'
import {
  defaultEmissionParts,
  type EmissionNetworkState,
  type EmissionSubnet,
  nothingAccrued,
  type PoolEmissionRules,
  stepEmission,
} from '../rules/emission/pool-step.ts'
import { movePriceAverage } from '../rules/pool/price-average.ts'
import { poolPrice, quoteBuy, quoteSell, wad } from '../rules/pool/weighted-pool.ts'
import { lockPriceAfter } from '../rules/prices.ts'
import type { EmissionWorldSettings } from './settings.ts'

/** A step of the league stands for as many steps of a ledger as fit into it: 300 of 12 s. */
export const secondsPerStep = 3_600n
export const stepsPerDay = 24
const ledgerPeriods = 300

/** What one step of the league adds to a pool at most: what so many of a ledger's do. */
const injectionBps = (() => {
  let grown = 10n ** 18n
  for (let period = 0; period < ledgerPeriods; period++) grown += (grown * maximumInjectionBps) / 10_000n
  return ((grown - 10n ** 18n) * 10_000n) / 10n ** 18n
})()

const lockIntervalSeconds = 1_209_600n
const cap = 21_000_000n * wad

/** What one account put into pools and locks, what it took out, and the most that it ever had in them, atomic units of KOIN. */
export type Purse = { readonly paid: bigint; readonly received: bigint; readonly atMostOut: bigint }

export class EmissionWorld {
  readonly settings: EmissionWorldSettings
  readonly #rules: PoolEmissionRules
  readonly #random: LeagueRandom
  #state: EmissionNetworkState
  #now = 0n
  #lastLock: { readonly paid: bigint; readonly at: bigint } | undefined
  readonly #alpha = new Map<string, bigint>()
  readonly #purses = new Map<string, Purse>()
  readonly #injected = new Map<number, bigint>()
  #issued = 0n

  constructor(settings: EmissionWorldSettings, policy: EmissionPolicy) {
    this.settings = settings
    this.#random = createLeagueRandom(settings.seed, 'emission')
    this.#rules = {
      koin: { cap, base: settings.koinPerSecond },
      alpha: { cap, base: settings.alphaPerSecond },
      periodSeconds: secondsPerStep,
      rootWeight: wad,
      policy,
      injectionBps,
    }
    this.#state = { steppedUntil: 0n, koinMinted: settings.genesisKoin, rootStake: settings.rootStake, subnets: [] }
    for (const _ of settings.honest) this.open('founders', settings.minimumLock)
    this.#lastLock = undefined
  }

  /** KOIN that the next subnet costs. */
  get lockPrice(): bigint {
    const { minimumLock: minimum } = this.settings
    if (this.#lastLock === undefined) return minimum
    const rules = { intervalSeconds: lockIntervalSeconds, minimum }
    return lockPriceAfter(rules, this.#lastLock.paid, this.#now - this.#lastLock.at)
  }

  /** KOIN that the schedule issued so far; what no pool got of it was not minted. */
  get issued(): bigint {
    return this.#issued
  }

  get subnets(): number {
    return this.#state.subnets.length
  }

  injectedInto(netuid: number): bigint {
    return this.#injected.get(netuid) ?? 0n
  }

  purseOf(account: string): Purse {
    return this.#purses.get(account) ?? { paid: 0n, received: 0n, atMostOut: 0n }
  }

  alphaOf(account: string, netuid: number): bigint {
    return this.#alpha.get(`${account}/${netuid}`) ?? 0n
  }

  /** Opens a subnet with a lock; what is in its pool is nobody's. */
  open(account: string, lock: bigint = this.lockPrice): number {
    const netuid = this.#state.subnets.length + 1
    const subnet: EmissionSubnet = {
      netuid,
      pool: { alpha: lock, koin: lock, weightKoin: wad / 2n },
      openedAt: this.#now,
      average: 0n,
      averagedAt: this.#now,
      minted: lock,
      ...defaultEmissionParts,
      userFlow: 0n,
      protocolFlow: 0n,
      capitalAverage: 0n,
      mark: undefined,
      accrued: nothingAccrued,
    }
    this.#state = { ...this.#state, subnets: [...this.#state.subnets, subnet] }
    this.#lastLock = { paid: lock, at: this.#now }
    this.#pay(account, lock)
    return netuid
  }

  buy(account: string, netuid: number, koin: bigint): bigint {
    const subnet = this.#moved(netuid)
    const { output, pool } = quoteBuy(subnet.pool, koin)
    this.#replace({ ...subnet, pool })
    this.credit(account, netuid, output)
    this.#pay(account, koin)
    return output
  }

  /** Sells up to an amount of what the account holds. */
  sell(account: string, netuid: number, amount: bigint): bigint {
    const held = this.alphaOf(account, netuid)
    const subnet = this.#moved(netuid)
    const mostIn = subnet.pool.alpha * 1_000n
    const input = [held, amount, mostIn].reduce((least, value) => (value < least ? value : least))
    if (input === 0n) return 0n
    const { output, pool } = quoteSell(subnet.pool, input)
    this.#replace({ ...subnet, pool })
    this.credit(account, netuid, -input)
    const { paid, received, atMostOut } = this.purseOf(account)
    this.#purses.set(account, { paid, received: received + output, atMostOut })
    return output
  }

  credit(account: string, netuid: number, alpha: bigint): void {
    this.#alpha.set(`${account}/${netuid}`, this.alphaOf(account, netuid) + alpha)
  }

  wait(seconds: bigint): void {
    this.#now += seconds
  }

  /** Half below to half above an amount. */
  about(amount: bigint): bigint {
    return (amount * BigInt(500_000 + this.#random.below(1_000_001))) / 1_000_000n
  }

  /** Takes the step that is due; alpha goes to `ownerOf` the subnet, all three parts of it, as one who is alone in it gets them. */
  step(ownerOf: (netuid: number) => string): void {
    const step = stepEmission(this.#rules, this.#state, this.#now)
    this.#state = step.next
    this.#issued += step.koinIssued
    for (const { netuid, koinIn, owner, miners, dividends } of step.issues) {
      this.#injected.set(netuid, this.injectedInto(netuid) + koinIn)
      this.credit(ownerOf(netuid), netuid, owner + miners + dividends)
    }
  }

  #subnet(netuid: number): EmissionSubnet {
    return this.#state.subnets[netuid - 1] as EmissionSubnet
  }

  #replace(changed: EmissionSubnet): void {
    const subnets = this.#state.subnets.map((subnet) => (subnet.netuid === changed.netuid ? changed : subnet))
    this.#state = { ...this.#state, subnets }
  }

  /** With its price average at the present, as before every trade. */
  #moved(netuid: number): EmissionSubnet {
    const subnet = this.#subnet(netuid)
    const { openedAt, averagedAt } = subnet
    const price = poolPrice(subnet.pool)
    const average = movePriceAverage(subnet.average, price, averagedAt - openedAt, this.#now - openedAt)
    return { ...subnet, average, averagedAt: this.#now }
  }

  #pay(account: string, koin: bigint): void {
    const { paid, received, atMostOut } = this.purseOf(account)
    const out = paid + koin - received
    this.#purses.set(account, { paid: paid + koin, received, atMostOut: out > atMostOut ? out : atMostOut })
  }
}
