/** Who bought from whom for money that stayed there (specs/0023 section 5.1). */
import type { Address } from '@koinon/base'
import type { TrustInput } from './trust-input.ts'

type Ledger = Map<Address, Map<Address, bigint>>

/** Sums of settled dollars less what came back. Accounts are visited in the order of their addresses. */
export type MoneyGraph = {
  /** Sellers that a payer bought from, with what stayed there, atomic units; only purchases of at least the minimum. */
  readonly sellersOf: ReadonlyMap<Address, ReadonlyMap<Address, bigint>>
  /** The same seen from the seller. */
  readonly customersOf: ReadonlyMap<Address, ReadonlyMap<Address, bigint>>
  /** Everything settled from payer to seller, before anything is taken away. */
  paid(payer: Address, seller: Address): bigint
  /** What of it counts, also below the minimum. */
  kept(payer: Address, seller: Address): bigint
}

export function moneyGraph(
  { payments, fundings, agents }: Pick<TrustInput, 'payments' | 'fundings' | 'agents'>,
  minimumPaidAtomic: bigint,
): MoneyGraph {
  const paid: Ledger = new Map()
  const sent: Ledger = new Map()
  for (const { payer, payee, amountAtomic } of payments) {
    if (payer === payee || amountAtomic <= 0n) continue
    add(paid, payer, payee, amountAtomic)
    add(sent, payer, payee, amountAtomic)
  }
  for (const { from, to, amountAtomic } of fundings) {
    if (from !== to && amountAtomic > 0n) add(sent, from, to, amountAtomic)
  }
  const returned = returnedMoney(sent, handsOf(agents))
  const kept = (payer: Address, seller: Address): bigint => {
    const gross = paid.get(payer)?.get(seller) ?? 0n
    const back = returned(seller, payer)
    return gross > back ? gross - back : 0n
  }
  const sellersOf: Ledger = new Map()
  const customersOf: Ledger = new Map()
  for (const [payer, sellers] of inOrder(paid)) {
    for (const [seller] of inOrder(sellers)) {
      const amount = kept(payer, seller)
      if (amount === 0n || amount < minimumPaidAtomic) continue
      add(sellersOf, payer, seller, amount)
      add(customersOf, seller, payer, amount)
    }
  }
  return { sellersOf, customersOf, kept, paid: (payer, seller) => paid.get(payer)?.get(seller) ?? 0n }
}

/**
 * What a seller sent to a payer: directly from its wallet or its owners, or over an account that has at least half of its money from
 * them. A bank or an exchange has money of many, so it links nobody.
 */
function returnedMoney(
  sent: Ledger,
  hands: ReadonlyMap<Address, readonly Address[]>,
): (seller: Address, payer: Address) => bigint {
  const received = new Map<Address, bigint>()
  for (const targets of sent.values()) {
    for (const [to, amount] of targets) plus(received, to, amount)
  }
  const bySeller = new Map<Address, ReadonlyMap<Address, bigint>>()
  const backFrom = (seller: Address): ReadonlyMap<Address, bigint> => {
    const known = bySeller.get(seller)
    if (known !== undefined) return known
    const direct = new Map<Address, bigint>()
    for (const hand of hands.get(seller) ?? [seller]) {
      for (const [to, amount] of sent.get(hand) ?? []) plus(direct, to, amount)
    }
    const back = new Map(direct)
    for (const [errand, given] of direct) {
      if (2n * given < (received.get(errand) ?? 0n)) continue
      for (const [to, passed] of sent.get(errand) ?? []) plus(back, to, passed < given ? passed : given)
    }
    bySeller.set(seller, back)
    return back
  }
  return (seller, payer) => backFrom(seller).get(payer) ?? 0n
}

/** A seller's wallet with the owners of all its agents: money in any of them is the seller's. */
function handsOf(agents: TrustInput['agents']): ReadonlyMap<Address, readonly Address[]> {
  const hands = new Map<Address, Address[]>()
  for (const { wallet, owner } of agents) {
    const list = hands.get(wallet) ?? [wallet]
    if (!list.includes(owner)) list.push(owner)
    hands.set(wallet, list)
  }
  return hands
}

function add(ledger: Ledger, from: Address, to: Address, amount: bigint): void {
  const row = ledger.get(from) ?? new Map<Address, bigint>()
  plus(row, to, amount)
  ledger.set(from, row)
}

function plus(row: Map<Address, bigint>, account: Address, amount: bigint): void {
  row.set(account, (row.get(account) ?? 0n) + amount)
}

/** Entries by key, so that rounding does not depend on the order of the input. */
export function inOrder<value>(map: ReadonlyMap<Address, value>): readonly (readonly [Address, value])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}
