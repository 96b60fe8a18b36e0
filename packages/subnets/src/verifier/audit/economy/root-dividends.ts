/** What root stakers may claim of each subnet: rates by numbered payments, positions by the same numbers (specs/0014-pools.md section 6). */
import type { Address } from '@koinon/base'
import { History } from '../history.ts'

/** Claim rates are alpha per root share in parts of 2^96. */
const rateBits = 96n

export class RootDividends {
  /** Number of the last payment of a hotkey, over all subnets. */
  readonly #payments = new Map<Address, number>()
  readonly #rates = new Map<string, History<bigint>>()
  readonly #shares = new Map<string, History<bigint>>()
  readonly #stakers = new Map<Address, Set<Address>>()
  readonly #claimed = new Map<string, number>()
  readonly #unclaimed = new Map<number, bigint>()

  /** Alpha of a subnet that was added and not claimed, with what rounding leaves for ever. */
  unclaimedOf(netuid: number): bigint {
    return this.#unclaimed.get(netuid) ?? 0n
  }

  /** How many payments a hotkey had, over all subnets. */
  paymentsOf(hotkey: Address): number {
    return this.#payments.get(hotkey) ?? 0
  }

  /** The next payment to all who hold `shares` of the hotkey's root pool together. */
  add(
    netuid: number,
    hotkey: Address,
    amount: bigint,
    shares: bigint,
  ): { readonly rate: bigint; readonly payment: number } {
    const payment = this.paymentsOf(hotkey) + 1
    this.#payments.set(hotkey, payment)
    const rates = entry(this.#rates, `${netuid}/${hotkey}`)
    const rate = (rates.at(payment) ?? 0n) + (amount << rateBits) / shares
    rates.set(payment, rate)
    this.#unclaimed.set(netuid, this.unclaimedOf(netuid) + amount)
    return { rate, payment }
  }

  /** Everybody who may have something to claim of a hotkey in a subnet. */
  claimants(): readonly { readonly netuid: number; readonly hotkey: Address; readonly staker: Address }[] {
    return [...this.#rates.keys()].flatMap((key) => {
      const [netuid, hotkey] = key.split('/') as [string, Address]
      return [...(this.#stakers.get(hotkey) ?? [])].map((staker) => ({ netuid: Number(netuid), hotkey, staker }))
    })
  }

  /** A staker's shares on the root from the next payment on. */
  setShares(hotkey: Address, staker: Address, shares: bigint): void {
    this.#stakers.set(hotkey, (this.#stakers.get(hotkey) ?? new Set<Address>()).add(staker))
    entry(this.#shares, `${hotkey}/${staker}`).set(this.paymentsOf(hotkey), shares)
  }

  /** Marks everything up to a payment as claimed; returns what that was. */
  claim(netuid: number, hotkey: Address, staker: Address, payment: number): bigint {
    const key = `${netuid}/${hotkey}/${staker}`
    const owed = this.owed(netuid, hotkey, staker, payment)
    this.#claimed.set(key, payment)
    this.#unclaimed.set(netuid, this.unclaimedOf(netuid) - owed)
    return owed
  }

  /** What is owed up to a payment: between two changes of a position rounded down each. */
  owed(netuid: number, hotkey: Address, staker: Address, payment = this.paymentsOf(hotkey)): bigint {
    const rates = entry(this.#rates, `${netuid}/${hotkey}`)
    const shares = entry(this.#shares, `${hotkey}/${staker}`)
    let from = this.#claimed.get(`${netuid}/${hotkey}/${staker}`) ?? 0
    let owed = 0n
    for (const until of [...shares.moments.filter((moment) => moment > from && moment < payment), payment]) {
      owed += ((shares.at(from) ?? 0n) * ((rates.at(until) ?? 0n) - (rates.at(from) ?? 0n))) >> rateBits
      from = until
    }
    return owed
  }
}

function entry(map: Map<string, History<bigint>>, key: string): History<bigint> {
  const found = map.get(key) ?? new History<bigint>()
  map.set(key, found)
  return found
}
