/** What was charged to a grant, and the windows in which it is counted. */
import type { BudgetGrant } from './grant.ts'

export type BudgetSpent = {
  /** Charged over the grant's life. */
  readonly totalAtomic: bigint
  /** Set aside for grants below this one; 0 where whoever asks cannot know it. */
  readonly allocatedAtomic: bigint
  /** Window that `periodAtomic` was charged in. */
  readonly periodIndex: number
  readonly periodAtomic: bigint
}

export const nothingSpent: BudgetSpent = { totalAtomic: 0n, allocatedAtomic: 0n, periodIndex: 0, periodAtomic: 0n }

/**
 * Number of the window at a time: fixed windows of `periodSeconds` from `validFrom` on. Never one before that of the last charge: a
 * clock that runs back opens no new budget.
 */
export function periodIndexAt(grant: BudgetGrant, spent: BudgetSpent, nowSeconds: number): number {
  const index = Math.max(0, Math.floor((nowSeconds - grant.validFrom) / grant.periodSeconds))
  return Math.max(index, spent.periodIndex)
}

/** Charged in the window of `nowSeconds`. */
export function spentInPeriod(grant: BudgetGrant, spent: BudgetSpent, nowSeconds: number): bigint {
  return periodIndexAt(grant, spent, nowSeconds) === spent.periodIndex ? spent.periodAtomic : 0n
}

/** The same after a charge. */
export function charged(grant: BudgetGrant, spent: BudgetSpent, amountAtomic: bigint, nowSeconds: number): BudgetSpent {
  return {
    totalAtomic: spent.totalAtomic + amountAtomic,
    allocatedAtomic: spent.allocatedAtomic,
    periodIndex: periodIndexAt(grant, spent, nowSeconds),
    periodAtomic: spentInPeriod(grant, spent, nowSeconds) + amountAtomic,
  }
}

/** What the window of `nowSeconds` still allows; never negative. */
export function leftOfPeriod(grant: BudgetGrant, spent: BudgetSpent, nowSeconds: number): bigint {
  const left = grant.maxPerPeriodAtomic - spentInPeriod(grant, spent, nowSeconds)
  return left > 0n ? left : 0n
}

/** What a chain of grants still allows, in its windows of `nowSeconds` and in all: the least of its levels; nothing without any. */
export function leftOfChain(
  levels: readonly { readonly grant: BudgetGrant; readonly spent: BudgetSpent }[],
  nowSeconds: number,
): bigint {
  const lefts = levels.flatMap(({ grant, spent }) => [
    leftOfTotal(grant, spent),
    leftOfPeriod(grant, spent, nowSeconds),
  ])
  return lefts.length === 0 ? 0n : lefts.reduce((least, left) => (left < least ? left : least))
}

/** What the total still allows; never negative. */
export function leftOfTotal(grant: BudgetGrant, spent: BudgetSpent): bigint {
  const left = grant.maxTotalAtomic - spent.totalAtomic - spent.allocatedAtomic
  return left > 0n ? left : 0n
}
