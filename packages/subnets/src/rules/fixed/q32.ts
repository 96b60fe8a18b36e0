/**
 * Q32 fixed point in exact doubles (specs/0011-yuma.md section 1): a value x is the integer floor(x * 2^32) in a number. A sum, product
 * or quotient is exact as long as it stays below 2^53 (x below 2^21), which every quantity of an epoch does; so nothing saturates.
 */

/** One whole. `oneQ32` of shares.ts is the same as a bigint. */
export const wholeQ32 = 4_294_967_296

const fastQuotientBelow = 2 ** 37
const slowQuotientBelow = 2 ** 45

/** Product, rounded down. Both may be negative. */
export function mulQ32(a: number, b: number): number {
  if (a >= 0 && a <= wholeQ32 && b >= 0 && b <= wholeQ32) {
    const high = Math.floor(b / 65_536)
    return Math.floor((a * high + Math.floor((a * (b - high * 65_536)) / 65_536)) / 65_536)
  }
  const wholeA = Math.floor(a / wholeQ32)
  const wholeB = Math.floor(b / wholeQ32)
  const partA = a - wholeA * wholeQ32
  const partB = b - wholeB * wholeQ32
  return wholeA * wholeB * wholeQ32 + wholeA * partB + wholeB * partA + mulQ32(partA, partB)
}

/** Quotient of two that are not negative, rounded down; 0 where the divisor is 0. */
export function divQ32(a: number, b: number): number {
  if (b === 0) return 0
  if (a < fastQuotientBelow && b < fastQuotientBelow) {
    const high = Math.floor((a * 65_536) / b)
    return high * 65_536 + Math.floor(((a * 65_536 - high * b) * 65_536) / b)
  }
  if (b >= slowQuotientBelow) return Number((BigInt(a) << 32n) / BigInt(b))
  let quotient = Math.floor(a / b)
  let rest = a - quotient * b
  for (let digit = 0; digit < 4; digit++) {
    const next = Math.floor((rest * 256) / b)
    rest = rest * 256 - next * b
    quotient = quotient * 256 + next
  }
  return quotient
}

/** All divided by their sum, rounded down; unchanged when the sum is 0. So they sum to one whole less at most a unit each. */
export function normalizeQ32(values: Float64Array): Float64Array {
  const sum = sumOf(values)
  return sum === 0 ? values : values.map((value) => divQ32(value, sum))
}

/** The sum of values that are not negative. */
export function sumOf(values: Float64Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum
}

/** A share between 0 and 1 as it is stored: floor(x * 65535), at most 65535. */
export function toU16(value: number): number {
  return Math.min(65_535, Math.floor((value * 65_535) / wholeQ32))
}
