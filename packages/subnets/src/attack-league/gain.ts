/** What an attack earned against honest play of the same player in a world with the same seed: exact ratios, doubles only at the end. */
import type { Takings } from './play.ts'

/** Percent over honest play: mean over seeds with the 95 % interval of the mean (Student's t over paired worlds). */
export type Gain = {
  readonly meanPercent: number
  readonly lowPercent: number
  readonly highPercent: number
  readonly seeds: number
}

/** Pays: the whole interval lies above half a percent. Does not: the whole interval lies below. */
export type Verdict = 'profitable' | 'not profitable' | 'unclear'

/** Less than this is no reason to write a program, percent. */
export const materialPercent = 0.5

/**
 * (profit of the attack per unit / profit of honest play per unit) - 1 in millionths, rounded down; profit is what was earned less what
 * was spent, the unit one stake-epoch, or the player itself where it has no stake. Undefined when honest play earns nothing.
 */
export function gainPpm(attack: Takings, honest: Takings): bigint | undefined {
  const honestProfit = BigInt(honest.earned - honest.spent) * BigInt(attack.stakeEpochs || 1)
  if (honestProfit <= 0n) return undefined
  const attackProfit = BigInt(attack.earned - attack.spent) * BigInt(honest.stakeEpochs || 1)
  const scaled = (attackProfit - honestProfit) * 1_000_000n
  const quotient = scaled / honestProfit
  return scaled < 0n && quotient * honestProfit !== scaled ? quotient - 1n : quotient
}

/** Mean and interval over the gains of several seeds; with one seed the interval is the whole line, given as infinite. */
export function gainOver(ppms: readonly bigint[]): Gain | undefined {
  if (ppms.length === 0) return undefined
  const values = ppms.map((ppm) => Number(ppm) / 10_000)
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0)
  const half =
    values.length === 1
      ? Number.POSITIVE_INFINITY
      : studentT(values.length - 1) * Math.sqrt(squares / (values.length - 1) / values.length)
  return { meanPercent: mean, lowPercent: mean - half, highPercent: mean + half, seeds: values.length }
}

export function verdictOf({ lowPercent, highPercent }: Gain): Verdict {
  if (lowPercent > materialPercent) return 'profitable'
  return highPercent < materialPercent ? 'not profitable' : 'unclear'
}

/** Two-sided 95 % quantile of Student's t by degrees of freedom (any table of statistics); above 30 the next lower entry, which is wider. */
function studentT(freedom: number): number {
  const small = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
    2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
  ]
  if (freedom <= 30) return small[freedom - 1] as number
  return freedom < 60 ? 2.042 : freedom < 120 ? 2 : 1.98
}
