/**
 * Logarithm and exponential in parts of 2^128 (specs/0014-pools.md section 1), to the bit as FixedPoint.sol has them. Only non-negative
 * terms are added and each is rounded down, so neither function ever exceeds the true value: rounding directions come from where they
 * are used.
 */
import { KoinonError } from '@koinon/base'

/** One whole: 2^128. */
export const oneQ128 = 1n << 128n

/** ln 2, rounded down. */
const ln2Q128 = 0xb17217f7d1cf79abc9e3b39803f2f6afn

/** ln(n / d), at most 2^-120 too small. Throws `subnets/out-of-range` unless 2^127 > n >= d > 0. */
export function lnDown(n: bigint, d: bigint): bigint {
  if (n >> 127n !== 0n || d <= 0n || n < d) {
    throw new KoinonError({ code: 'subnets/out-of-range', message: 'A logarithm needs 2^127 > n >= d > 0' })
  }
  let k = 0n
  let scaled = d
  for (; scaled << 1n <= n; k += 1n) scaled <<= 1n
  // ln(n / d) = 2 artanh(s), s < 1/3.
  let term = ((n - scaled) << 128n) / (n + scaled)
  const square = (term * term) >> 128n
  let sum = term
  for (let j = 3n; term > 0n; j += 2n) {
    term = (term * square) >> 128n
    sum += term / j
  }
  return k * ln2Q128 + 2n * sum
}

/** e^z >= mantissa * 2^k / 2^128 for z >= 0, the mantissa in [1, 2); relative error below (40 + k) / 2^128. */
export function expDown(z: bigint): { readonly mantissa: bigint; readonly k: bigint } {
  const k = z / (ln2Q128 + 1n)
  const rest = z - k * (ln2Q128 + 1n)
  let term = oneQ128
  let mantissa = oneQ128
  for (let j = 1n; term > 0n; j += 1n) {
    term = ((term * rest) >> 128n) / j
    mantissa += term
  }
  return { mantissa, k }
}

/** e^-z for z >= 0, rounded up: 1 to 2^128. */
export function expNegUp(z: bigint): bigint {
  const { mantissa, k } = expDown(z)
  if (k >= 128n) return 1n
  const inverse = ((1n << 256n) - 1n) / mantissa + 1n
  return k === 0n ? inverse : (inverse >> k) + 1n
}
