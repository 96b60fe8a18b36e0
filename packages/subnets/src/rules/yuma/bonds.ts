/** Bonds and dividends (specs/0011-yuma.md sections 5 and 6): classic Yuma and Yuma3, with liquid alpha in both its forms. */
import { sigmoidQ32 } from '../fixed/exponential.ts'
import { divQ32, mulQ32, normalizeQ32, toU16, wholeQ32 } from '../fixed/q32.ts'
import type { BondRates, LiquidRates } from './parameters.ts'

/** Per column and row, as in columns.ts; `weights` are row shares, negative where not listed. */
export type BondInput = {
  readonly rows: number
  readonly columns: number
  readonly activeStake: Float64Array
  readonly weights: Float64Array
  readonly bonds: Uint16Array
  readonly consensus: Float64Array
  readonly incentive: Float64Array
}

/** Dividends per row (Q32) and the new bonds as stored. */
export function settleBonds(input: BondInput, rates: BondRates): { dividends: Float64Array; bonds: Uint16Array } {
  const { rows, columns, activeStake, incentive } = input
  const bonds = new Uint16Array(rows * columns)
  const totals = new Float64Array(rows)
  const column: Column = {
    weights: new Float64Array(rows),
    old: new Uint16Array(rows),
    next: new Float64Array(rows),
    scratch: new Float64Array(rows),
  }
  // As in the source: without any consensus the plain rate holds.
  const hasConsensus = input.consensus.some((value) => value !== 0)
  const liquid = hasConsensus ? rates.liquid : undefined
  const resting = liquid === undefined ? 0 : rateAt(0, liquid)
  for (let index = 0; index < columns; index++) {
    const start = index * rows
    const agreed = input.consensus[index] as number
    for (let row = 0; row < rows; row++) {
      column.weights[row] = weightForBonds(input.weights[start + row] as number, agreed, rates.penalty)
      column.old[row] = input.bonds[start + row] as number
    }
    if (rates.rule === 'yuma2') nextClassic(column, activeStake, rates.alpha)
    else nextOwn(column, agreed, rates.alpha, liquid, resting)
    divideBySum(column.next, column.scratch)
    const share = incentive[index] as number
    for (let row = 0; row < rows; row++) {
      totals[row] = (totals[row] as number) + mulQ32(column.scratch[row] as number, share)
    }
    const stored = rates.rule === 'yuma2' ? divideByMost(column.scratch) : column.next
    for (let row = 0; row < rows; row++) bonds[start + row] = toU16(stored[row] as number)
  }
  const earned = rates.rule === 'yuma2' ? totals : totals.map((total, row) => mulQ32(total, activeStake[row] as number))
  return { dividends: normalizeQ32(earned), bonds }
}

type Column = {
  readonly weights: Float64Array
  readonly old: Uint16Array
  readonly next: Float64Array
  readonly scratch: Float64Array
}

/** W + penalty * (Wc - W), negative where nothing remains listed. Clipping to a consensus of 0 takes the entry out. */
function weightForBonds(weight: number, agreed: number, penalty: number): number {
  if (weight < 0 || penalty === 0) return weight
  const isDropped = agreed === 0 && weight > 0
  const clipped = weight < agreed ? weight : agreed
  if (penalty === wholeQ32) return isDropped ? -1 : clipped
  const between = weight + mulQ32(penalty, clipped - weight)
  return between > 0 ? between : -1
}

/** Yuma2: a * colnorm(A * Wb) + (1 - a) * colnorm(stored). */
function nextClassic({ weights, old, next, scratch }: Column, activeStake: Float64Array, alpha: number): void {
  let oldSum = 0
  for (let row = 0; row < next.length; row++) {
    const weight = weights[row] as number
    scratch[row] = weight > 0 ? mulQ32(weight, activeStake[row] as number) : 0
    oldSum += old[row] as number
  }
  divideBySum(scratch, scratch)
  for (let row = 0; row < next.length; row++) {
    next[row] = mulQ32(alpha, scratch[row] as number) + mulQ32(wholeQ32 - alpha, divQ32(old[row] as number, oldSum))
  }
}

/** Yuma3: a * Wb + (1 - a) * stored/65535, with one rate or, by liquid alpha, with each pair's own; most pairs have the resting one. */
function nextOwn(
  { weights, old, next }: Column,
  agreed: number,
  alpha: number,
  liquid: LiquidRates | undefined,
  resting: number,
): void {
  for (let row = 0; row < next.length; row++) {
    const isListed = (weights[row] as number) >= 0
    const weight = isListed ? (weights[row] as number) : 0
    const bond = divQ32(old[row] as number, 65_535)
    if (liquid === undefined) next[row] = mulQ32(alpha, weight) + mulQ32(wholeQ32 - alpha, bond)
    else if (!isListed && liquid.form === 'sparse') next[row] = 0
    else {
      const distance = distanceOf(weight, bond, agreed)
      const rate = distance === 0 ? resting : rateAt(distance, liquid)
      next[row] = Math.min(wholeQ32, mulQ32(rate, weight) + mulQ32(wholeQ32 - rate, bond))
    }
  }
}

/** How far a weight is above the consensus that it buys at, or below the bond that it sells: 0 to 1. */
function distanceOf(weight: number, bond: number, agreed: number): number {
  return Math.min(wholeQ32, Math.max(0, weight >= bond ? weight - agreed : bond - weight))
}

/** The further, the faster. */
function rateAt(distance: number, { low, high, slope }: LiquidRates): number {
  const rate = low + mulQ32(sigmoidQ32(distance, slope, wholeQ32 / 2), high - low)
  return Math.max(low, Math.min(high, rate))
}

/** Each over the sum, into `out`; as they are when the sum is 0. */
function divideBySum(values: Float64Array, out: Float64Array): void {
  let sum = 0
  for (let row = 0; row < values.length; row++) sum += values[row] as number
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number
    out[row] = value === 0 ? 0 : divQ32(value, sum)
  }
}

/** Each over the largest; as they are when that is 0. */
function divideByMost(values: Float64Array): Float64Array {
  let most = 0
  for (const value of values) if (value > most) most = value
  return values.map((value) => divQ32(value, most))
}
