/**
 * How concentrated holdings are (specs/0019-audit.md section 4). Integers and Q64 only, so that two machines print the same digits.
 * All functions look at positive holdings; the order does not matter.
 */
import { KoinonError } from '@koinon/base'
import { divQ64, expQ64, lnQ64, oneQ64 } from '../fixed/q64.ts'

/** Figures of one layer. `...Ppm` are millionths, rounded down. */
export type Concentration = {
  /** Positive holders; all other figures are 0 without one. */
  readonly holders: number
  readonly total: bigint
  /** Fewest holders who together have more than a third, and more than a half. */
  readonly nakamotoThird: number
  readonly nakamotoHalf: number
  /** 0: all hold the same; near 1,000,000: one holds all of many. */
  readonly giniPpm: number
  /** Sum of squared shares times 10,000: 10,000 for a monopoly, 10,000 / n for n equals. */
  readonly herfindahl: number
  /** exp(Shannon entropy) in thousandths: how many equal holders would be as mixed. */
  readonly effectiveMilli: number
  readonly topOnePpm: number
  readonly topFivePpm: number
}

const million = 1_000_000n

/** Throws `subnets/out-of-range` on a negative holding. */
export function concentrationOf(holdings: readonly bigint[]): Concentration {
  if (holdings.some((holding) => holding < 0n)) {
    throw new KoinonError({ code: 'subnets/out-of-range', message: 'A holding is never negative' })
  }
  const sorted = holdings.filter((holding) => holding > 0n).sort((a, b) => (a === b ? 0 : a > b ? -1 : 1))
  const total = sum(sorted)
  const top = (count: number): number => (total === 0n ? 0 : Number((sum(sorted.slice(0, count)) * million) / total))
  return {
    holders: sorted.length,
    total,
    nakamotoThird: fewestAbove(sorted, total, 3n),
    nakamotoHalf: fewestAbove(sorted, total, 2n),
    giniPpm: giniPpm(sorted, total),
    herfindahl:
      total === 0n ? 0 : Number((sum(sorted.map((holding) => holding * holding)) * 10_000n) / (total * total)),
    effectiveMilli: effectiveMilli(sorted, total),
    topOnePpm: top(1),
    topFivePpm: top(5),
  }
}

/** Adds up what belongs together, for example the addresses of one entity. */
export function byEntity(
  holdings: Iterable<readonly [holder: string, amount: bigint]>,
  entityOf: (holder: string) => string,
): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>()
  for (const [holder, amount] of holdings) {
    const entity = entityOf(holder)
    sums.set(entity, (sums.get(entity) ?? 0n) + amount)
  }
  return sums
}

/** Fewest of the largest whose sum exceeds total / part. */
function fewestAbove(descending: readonly bigint[], total: bigint, part: bigint): number {
  let held = 0n
  for (const [index, holding] of descending.entries()) {
    held += holding
    if (held * part > total) return index + 1
  }
  return 0
}

/** sum((2i - n - 1) x_i) / (n sum(x)) over ascending x_i, i from 1. */
function giniPpm(descending: readonly bigint[], total: bigint): number {
  if (total === 0n) return 0
  const count = BigInt(descending.length)
  const weighted = sum(descending.map((holding, index) => (count - 1n - 2n * BigInt(index)) * holding))
  return Number((weighted * million) / (count * total))
}

/** Entropy = ln(total) - sum(x ln x) / total. Shares below 2^-64 count as 2^-64. */
function effectiveMilli(holdings: readonly bigint[], total: bigint): number {
  if (total === 0n) return 0
  const entropy = sum(
    holdings.map((holding) => {
      const share = divQ64(holding, total)
      return share === 0n ? 0n : (holding * -lnQ64(share)) / total
    }),
  )
  return Number((expQ64(entropy) * 1000n + oneQ64 / 2n) / oneQ64)
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((left, right) => left + right, 0n)
}
