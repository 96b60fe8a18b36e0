/** Proper scores of probabilities (specs/0012-aggregators.md section 8). Losses in millionths: lower is better. */
import { KoinonError } from '@koinon/base'
import { lnQ64, oneQ64 } from '../../fixed/q64.ts'

const wholePpm = 1_000_000

/**
 * Sum over outcomes of (p - o)^2, rounded down: 0 for certainty that came true, 2,000,000 for certainty that did not (Brier 1950).
 * `probabilitiesPpm` sum to 1,000,000. Throws `subnets/bad-forecast`.
 */
export function brierPpm(probabilitiesPpm: readonly number[], outcome: number): number {
  requireForecast(probabilitiesPpm, outcome)
  const squares = probabilitiesPpm.map((p, index) => (p - (index === outcome ? wholePpm : 0)) ** 2)
  return Math.floor(squares.reduce((sum, square) => sum + square, 0) / wholePpm)
}

/**
 * -ln p of what happened, rounded up, with p at least a millionth: 0 to 13,815,511 (Good 1952). Throws `subnets/bad-forecast`.
 */
export function logScorePpm(probabilitiesPpm: readonly number[], outcome: number): number {
  requireForecast(probabilitiesPpm, outcome)
  const p = BigInt(Math.max(1, probabilitiesPpm[outcome] as number))
  const whole = BigInt(wholePpm)
  const loss = lnQ64(whole * oneQ64) - lnQ64(p * oneQ64)
  return Number((loss * whole + oneQ64 - 1n) / oneQ64)
}

function requireForecast(probabilitiesPpm: readonly number[], outcome: number): void {
  const whole = probabilitiesPpm.every((p) => Number.isInteger(p) && p >= 0)
  const sum = probabilitiesPpm.reduce((left, right) => left + right, 0)
  if (whole && sum === wholePpm && Number.isInteger(outcome) && outcome >= 0 && outcome < probabilitiesPpm.length)
    return
  throw new KoinonError({
    code: 'subnets/bad-forecast',
    message: 'Probabilities are whole millionths that sum to 1,000,000, and the outcome is one of them',
  })
}
