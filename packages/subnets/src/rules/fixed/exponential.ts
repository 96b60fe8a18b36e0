/** Exponential and logistic function in Q32, by one fixed series (specs/0011-yuma.md section 1), so that every platform has the same bits. */
import { divQ32, mulQ32, wholeQ32 } from './q32.ts'

const oneQ32 = 1n << 32n
const maximumExponent = 20n * oneQ32
/** e with 23 bits: what the series' source returns for exactly 1. */
const eulerQ32 = 22_802_600n << 9n
const terms = 31
/** Up to here every step of the series stays exact in doubles. */
const exactExponent = 8 * wholeQ32

/** e^x for x cut to [-20, 20]: 1 + x + the terms 2 to 31, each the one before times x, rounded down, over i, rounded down; 1/e^|x| below 0. */
export function expQ32(x: bigint): bigint {
  const size = x < 0n ? -x : x
  const argument = size > maximumExponent ? maximumExponent : size
  if (x === oneQ32) return eulerQ32
  let term = argument
  let sum = oneQ32 + argument
  for (let i = 2n; i <= terms; i++) {
    term = ((term * argument) >> 32n) / i
    sum += term
  }
  return x < 0n ? (oneQ32 * oneQ32) / sum : sum
}

/** 1 / (1 + e^(-slope * (x - middle))), the exponent's product and the quotients rounded down. */
export function sigmoidQ32(x: number, slope: number, middle: number): number {
  const exponent = mulQ32(-slope, x - middle)
  if (Math.abs(exponent) > exactExponent || exponent === wholeQ32) {
    return Number((oneQ32 * oneQ32) / (oneQ32 + expQ32(BigInt(exponent))))
  }
  const size = Math.abs(exponent)
  let term = size
  let sum = wholeQ32 + size
  for (let i = 2; i <= terms && term > 0; i++) {
    term = Math.floor(mulQ32(term, size) / i)
    sum += term
  }
  return divQ32(wholeQ32, wholeQ32 + (exponent < 0 ? divQ32(wholeQ32, sum) : sum))
}
