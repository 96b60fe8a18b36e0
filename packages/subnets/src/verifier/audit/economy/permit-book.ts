/** Who may vote: of the hotkeys that seek a permit the top by weight, as the contract keeps the set (specs/0014-pools.md section 5). */
import type { Address } from '@koinon/base'
import type { EventOf } from '@koinon/ledger/audit'
import { History } from '../history.ts'

export const permitEventNames = ['PermittedStakeChanged', 'PermitSought'] as const
export type PermitEvent = EventOf<'permits', (typeof permitEventNames)[number]>

export type PermitRules = { readonly minValidatorStake: bigint; readonly maxValidators: number }

/** Weight and registration of a hotkey, as the staking contract knows them. */
export type Weighed = {
  readonly netuid: number
  readonly hotkey: Address
  readonly weight: bigint
  readonly isRegistered: boolean
}

/** One announced change, to be held against the books when its second is over. */
export type AnnouncedPermit = {
  readonly netuid: number
  readonly hotkey: Address
  readonly seconds: number
  readonly permitted: bigint
  readonly total: bigint
}

export class PermitBook {
  readonly #rules = new Map<number, PermitRules>()
  readonly #seeking = new Set<string>()
  readonly #lostAt = new Map<string, number>()
  /** In the contract's order: who leaves is replaced by the last. */
  readonly #validators = new Map<number, Address[]>()
  readonly #permitted = new Map<number, Map<Address, History<bigint>>>()
  readonly #totals = new Map<number, History<bigint>>()
  readonly announced: AnnouncedPermit[] = []
  readonly #weighed: (netuid: number, hotkey: Address) => Weighed

  constructor(weighed: (netuid: number, hotkey: Address) => Weighed) {
    this.#weighed = weighed
  }

  onSubnet(netuid: number, rules: PermitRules): void {
    this.#rules.set(netuid, rules)
  }

  apply(event: PermitEvent): void {
    const { args, seconds } = event
    const { netuid, hotkey } = args
    if (event.name === 'PermitSought') {
      const key = `${netuid}/${hotkey}`
      if (event.args.seeks) this.#seeking.add(key)
      else this.#seeking.delete(key)
      if (event.args.seeks) this.look(this.#weighed(netuid, hotkey), seconds, true)
      else this.#take(netuid, hotkey, seconds)
      return
    }
    const { permittedStake: permitted, totalPermittedStake: total } = event.args
    // Anybody may ask for a permit that is due: nothing but this event tells.
    if (this.permittedOf(netuid, hotkey) !== permitted) this.look(this.#weighed(netuid, hotkey), seconds, true)
    this.announced.push({ netuid, hotkey, seconds, permitted, total })
  }

  /** What the contract does when it looks at a hotkey; one whose weight fell puts nobody out. */
  look({ netuid, hotkey, weight, isRegistered }: Weighed, seconds: number, mayPutOut: boolean): void {
    const rules = this.#rules.get(netuid)
    if (rules === undefined || !this.#seeking.has(`${netuid}/${hotkey}`)) return
    if (!isRegistered || weight < rules.minValidatorStake) return this.#take(netuid, hotkey, seconds)
    const validators = this.#validators.get(netuid) ?? []
    this.#validators.set(netuid, validators)
    if (!validators.includes(hotkey)) {
      if (validators.length >= rules.maxValidators) {
        const least = mayPutOut ? this.#lightest(netuid, weight) : undefined
        if (least === undefined) return
        this.#take(netuid, least, seconds)
      }
      validators.push(hotkey)
    }
    this.#set(netuid, hotkey, weight, seconds)
  }

  permittedOf(netuid: number, hotkey: Address): bigint {
    return this.#permitted.get(netuid)?.get(hotkey)?.latest ?? 0n
  }

  /** The last second in which a hotkey held a permit; `now` while it does, 0 if it never did. */
  heldUntil(netuid: number, hotkey: Address, now: number): number {
    return this.permittedOf(netuid, hotkey) > 0n ? now : (this.#lostAt.get(`${netuid}/${hotkey}`) ?? 0)
  }

  /** Hotkeys with a permit and their stake, ascending by hotkey, at the end of a second. */
  permittedAt(netuid: number, seconds: number): readonly { readonly hotkey: Address; readonly stake: bigint }[] {
    return permittedOf(this.#permitted.get(netuid) ?? new Map(), seconds)
  }

  totalAt(netuid: number, seconds: number): bigint {
    return this.#totals.get(netuid)?.at(seconds) ?? 0n
  }

  /** The first of the lightest below a weight. */
  #lightest(netuid: number, weight: bigint): Address | undefined {
    let least: Address | undefined
    let lowest = weight
    for (const candidate of this.#validators.get(netuid) ?? []) {
      const own = this.permittedOf(netuid, candidate)
      if (own < lowest) [least, lowest] = [candidate, own]
    }
    return least
  }

  #take(netuid: number, hotkey: Address, seconds: number): void {
    const validators = this.#validators.get(netuid) ?? []
    const place = validators.indexOf(hotkey)
    if (place < 0) return
    const last = validators.pop() as Address
    if (last !== hotkey) validators[place] = last
    this.#lostAt.set(`${netuid}/${hotkey}`, seconds)
    this.#set(netuid, hotkey, 0n, seconds)
  }

  #set(netuid: number, hotkey: Address, stake: bigint, seconds: number): void {
    const hotkeys = this.#permitted.get(netuid) ?? new Map<Address, History<bigint>>()
    this.#permitted.set(netuid, hotkeys)
    const history = hotkeys.get(hotkey) ?? new History<bigint>()
    hotkeys.set(hotkey, history)
    const totals = this.#totals.get(netuid) ?? new History<bigint>()
    this.#totals.set(netuid, totals)
    totals.set(seconds, (totals.latest ?? 0n) - (history.latest ?? 0n) + stake)
    history.set(seconds, stake)
  }
}

/** Who of the hotkeys holds a permit at the end of a second, ascending. */
export function permittedOf(
  hotkeys: ReadonlyMap<Address, History<bigint>>,
  seconds: number,
): readonly { readonly hotkey: Address; readonly stake: bigint }[] {
  return [...hotkeys]
    .map(([hotkey, history]) => ({ hotkey, stake: history.at(seconds) ?? 0n }))
    .filter(({ stake }) => stake > 0n)
    .sort((a, b) => (a.hotkey < b.hotkey ? -1 : 1))
}
