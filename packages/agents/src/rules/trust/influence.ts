/**
 * Influence of reviewers (specs/0023 section 5.2): it starts at the seeds, goes with their money to sellers, and from each seller to its
 * customers in proportion to what they really paid there. Accounts cost nothing and bring nothing; money that stays with a trusted
 * seller does.
 */
import type { Address } from '@koinon/base'
import { inOrder, type MoneyGraph } from './money-graph.ts'
import { type TrustSeed, wholeInfluence } from './trust-input.ts'

/** Shares of {@link wholeInfluence} by reviewer; together at most the whole (rounding is lost). */
export function influenceOf(
  graph: MoneyGraph,
  seeds: readonly TrustSeed[],
  rounds: number,
  /** True when the payer itself found this seller bad: its trust does not go there. */
  isRefused: (payer: Address, seller: Address) => boolean,
): ReadonlyMap<Address, bigint> {
  const influence = new Map<Address, bigint>()
  let payers = seedMass(seeds)
  for (let round = 0; round < rounds; round += 1) {
    const sellers = new Map<Address, bigint>()
    for (const [payer, mass] of inOrder(payers)) {
      const followed = inOrder(graph.sellersOf.get(payer) ?? new Map()).filter(([seller]) => !isRefused(payer, seller))
      const onward = followed.length === 0 ? 0n : mass / 2n
      plus(influence, payer, mass - onward)
      share(onward, followed, sellers)
    }
    payers = new Map()
    for (const [seller, mass] of inOrder(sellers)) {
      share(mass, inOrder(graph.customersOf.get(seller) ?? new Map()), payers)
    }
  }
  for (const [payer, mass] of payers) plus(influence, payer, mass)
  return influence
}

function seedMass(seeds: readonly TrustSeed[]): Map<Address, bigint> {
  const weights = new Map<Address, bigint>()
  for (const { account, weight } of seeds) if (weight > 0n) plus(weights, account, weight)
  const mass = new Map<Address, bigint>()
  share(wholeInfluence, inOrder(weights), mass)
  return mass
}

/** Divides `mass` in proportion, rounded down. */
function share(mass: bigint, parts: readonly (readonly [Address, bigint])[], into: Map<Address, bigint>): void {
  const total = parts.reduce((sum, [, part]) => sum + part, 0n)
  if (total === 0n) return
  for (const [account, part] of parts) plus(into, account, (mass * part) / total)
}

function plus(map: Map<Address, bigint>, account: Address, amount: bigint): void {
  map.set(account, (map.get(account) ?? 0n) + amount)
}
