/** How the stake of a world is spread over its validators. */
import type { StakeSpread } from './settings.ts'

const total = 1_000_000_000

/** Stakes that sum to about 10^9 whole units, most first; each validator has at least one. */
export function spreadStake(spread: StakeSpread, validators: number): Float64Array {
  const parts = Array.from({ length: validators }, (_, index) => {
    if (spread === 'equal') return 720_720
    if (spread === 'zipf') return Math.floor(720_720 / (index + 1))
    return index === 0 ? 720_720 * (validators - 1) : 720_720
  })
  const sum = parts.reduce((left, right) => left + right, 0)
  return Float64Array.from(parts, (part) => Math.max(1, Math.floor((part * total) / sum)))
}

/** Validators picked one after the other, the largest or the smallest first, as long as they hold at most `limitPpm` millionths of all. */
export function holdersUpTo(
  stake: ArrayLike<number>,
  limitPpm: number,
  first: 'largest' | 'smallest' = 'largest',
): readonly number[] {
  const stakes = Array.from(stake)
  const limit = Math.floor((stakes.reduce((left, right) => left + right, 0) * limitPpm) / 1_000_000)
  const order = stakes.map((_, index) => index).sort((a, b) => (stakes[b] as number) - (stakes[a] as number) || a - b)
  if (first === 'smallest') order.reverse()
  let held = 0
  return order
    .filter((index) => {
      const fits = held + (stakes[index] as number) <= limit
      if (fits) held += stakes[index] as number
      return fits
    })
    .sort((a, b) => a - b)
}

/** Part of all stake that some validators hold, millionths, rounded down. */
export function heldPpm(stake: ArrayLike<number>, validators: readonly number[]): number {
  const stakes = Array.from(stake)
  const all = stakes.reduce((left, right) => left + right, 0)
  const held = validators.reduce((sum, index) => sum + (stakes[index] as number), 0)
  return Math.floor((held * 1_000_000) / all)
}
