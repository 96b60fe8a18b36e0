/**
 * The part of Yuma that is the same everywhere: from stakes, weights and bonds to consensus, incentive, dividends and new bonds
 * (specs/0011-yuma.md sections 4 to 6). Matrices are column after column (`column * rows + row`), because everything about a seat
 * follows from its column and the epoch's header; that is what makes one column disputable alone.
 */
import { divQ32, mulQ32, normalizeQ32, sumOf } from '../fixed/q32.ts'
import { settleBonds } from './bonds.ts'
import type { BondRates } from './parameters.ts'
import { weightedMedian } from './weighted-median.ts'

/** What a row does not list, as opposed to what it lists as 0. */
export const notListed = -1

export type YumaColumns = {
  readonly rows: number
  readonly columns: number
  /** Share of the counted stake per row (A), Q32. */
  readonly activeStake: Float64Array
  /** Weights as submitted, without what may not count: whole numbers from 0 to 65535, or `notListed`. */
  readonly weights: Float64Array
  /** What each row's weights are divided by; the sum of those in `weights` when left out. */
  readonly rowTotals?: Float64Array
  /** Bonds as stored, 0 to 65535. */
  readonly bonds: Uint16Array
}

export type YumaShares = {
  /** Q32, per column. */
  readonly consensus: Float64Array
  readonly incentive: Float64Array
  /** Sum of the column's ranks before normalising; their total over all columns stands in the header. */
  readonly ranks: Float64Array
  /** W per column and row, `notListed` where nothing is. */
  readonly weights: Float64Array
  /** Q32, per row. */
  readonly validatorTrust: Float64Array
  readonly dividends: Float64Array
  /** New bonds as stored, column after column. */
  readonly bonds: Uint16Array
}

/** `kappa` and the rates are Q32. */
export function settleColumns(input: YumaColumns, kappa: number, rates: BondRates): YumaShares {
  const { rows, columns, activeStake } = input
  const weights = normalizeRows(input)
  const consensus = columnMedians(input, weights, kappa)
  const ranks = new Float64Array(columns)
  const validatorTrust = new Float64Array(rows)
  for (let column = 0; column < columns; column++) {
    const agreed = consensus[column] as number
    let rank = 0
    for (let row = 0; row < rows; row++) {
      const weight = weights[column * rows + row] as number
      if (weight <= 0) continue
      const clipped = weight < agreed ? weight : agreed
      rank += mulQ32(activeStake[row] as number, clipped)
      validatorTrust[row] = (validatorTrust[row] as number) + clipped
    }
    ranks[column] = rank
  }
  const incentive = normalizeQ32(ranks)
  const { dividends, bonds } = settleBonds({ ...input, weights, consensus, incentive }, rates)
  return { consensus, incentive, ranks, weights, validatorTrust, dividends, bonds }
}

/** W: each weight over the total of its row. */
function normalizeRows({ rows, columns, weights, rowTotals }: YumaColumns): Float64Array {
  const totals = rowTotals ?? sumsOfRows(rows, weights)
  const shares = new Float64Array(rows * columns)
  for (let at = 0; at < weights.length; at++) {
    const weight = weights[at] as number
    shares[at] = weight > 0 ? divQ32(weight, totals[at % rows] as number) : weight
  }
  return shares
}

function sumsOfRows(rows: number, weights: Float64Array): Float64Array {
  const totals = new Float64Array(rows)
  for (let at = 0; at < weights.length; at++) {
    const weight = weights[at] as number
    if (weight > 0) totals[at % rows] = (totals[at % rows] as number) + weight
  }
  return totals
}

/** C: the median of each column over the rows with stake, their stake normalised once more. */
function columnMedians(
  { rows, columns, activeStake }: YumaColumns,
  weights: Float64Array,
  kappa: number,
): Float64Array {
  const voters = Uint16Array.from([...activeStake.keys()].filter((row) => (activeStake[row] as number) > 0))
  const stakes = normalizeQ32(Float64Array.from(voters, (row) => activeStake[row] as number))
  const minority = sumOf(stakes) - kappa
  const values = new Float64Array(voters.length)
  const order = new Uint16Array(voters.length)
  const medians = new Float64Array(columns)
  for (let column = 0; column < columns; column++) {
    for (let voter = 0; voter < values.length; voter++) {
      const weight = weights[column * rows + (voters[voter] as number)] as number
      values[voter] = weight > 0 ? weight : 0
    }
    medians[column] = weightedMedian(stakes, values, minority, order)
  }
  return medians
}
