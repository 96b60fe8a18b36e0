/**
 * Q64 fixed point (specs/0013-emission.md section 1): a value x is the bigint floor(x * 2^64). For prices, moving averages, shares and
 * the few transcendental functions that rules need; the same steps fit into 256 bits, so a contract can take them too.
 */
import { KoinonError } from '@koinon/base'

/** One whole. */
export const oneQ64 = 1n << 64n

/** ln 2 in parts of 2^128, rounded down. */
const ln2Q128 = 0xb17217f7d1cf79abc9e3b39803f2f6afn

/** Largest argument of `expQ64`: e^88 < 2^127. */
const maximumExponentQ64 = 88n * oneQ64

/** Product, rounded down. */
export function mulQ64(a: bigint, b: bigint): bigint {
  return (a * b) >> 64n
}

/** Quotient, rounded towards zero. Throws `subnets/out-of-range` on division by zero. */
export function divQ64(a: bigint, b: bigint): bigint {
  if (b === 0n) throw outOfRange('Nothing is divided by zero')
  return (a << 64n) / b
}

/** `base` to a whole power >= 0 by repeated squaring, lowest bit first, every product rounded down. */
export function powerQ64(base: bigint, exponent: bigint): bigint {
  if (exponent < 0n) throw outOfRange('A whole power is not negative')
  let result = oneQ64
  let factor = base
  for (let rest = exponent; rest > 0n; ) {
    if ((rest & 1n) === 1n) result = mulQ64(result, factor)
    rest >>= 1n
    if (rest > 0n) factor = mulQ64(factor, factor)
  }
  return result
}

/**
 * e^x: x = k ln 2 + r with r in [0, ln 2), then the Taylor series of e^r in parts of 2^128 until a term is 0, each term rounded down,
 * shifted by k. Zero below 2^-64. Throws `subnets/out-of-range` above x = 88.
 */
export function expQ64(x: bigint): bigint {
  if (x > maximumExponentQ64) throw outOfRange('The exponent is above 88')
  const wide = x << 64n
  const whole = floorDiv(wide, ln2Q128)
  if (whole < -64n) return 0n
  const rest = wide - whole * ln2Q128
  let term = 1n << 128n
  let sum = term
  for (let index = 1n; term > 0n; index += 1n) {
    term = ((term * rest) >> 128n) / index
    sum += term
  }
  return whole > 64n ? sum << (whole - 64n) : sum >> (64n - whole)
}

/**
 * Natural logarithm of x > 0: whole part from the highest bit, 64 binary digits of log2 by squaring in parts of 2^127, times ln 2, rounded
 * down. Throws `subnets/out-of-range` unless 0 < x < 2^128.
 */
export function lnQ64(x: bigint): bigint {
  if (x <= 0n || x >> 128n !== 0n) throw outOfRange('A logarithm is taken of numbers above 0 and below 2^64')
  const bits = BigInt(x.toString(2).length)
  let mantissa = x << (128n - bits)
  let log2 = bits - 65n
  for (let digit = 0; digit < 64; digit++) {
    mantissa = (mantissa * mantissa) >> 127n
    log2 <<= 1n
    if (mantissa >> 128n !== 0n) {
      mantissa >>= 1n
      log2 += 1n
    }
  }
  return (log2 * ln2Q128) >> 128n
}

/** x^y for x >= 0 as e^(y ln x), about 60 correct bits; 0^0 is 1 and 0^y is 0. Throws `subnets/out-of-range`. */
export function powQ64(x: bigint, y: bigint): bigint {
  if (y === 0n) return oneQ64
  if (x === 0n && y > 0n) return 0n
  return expQ64(mulQ64(y, lnQ64(x)))
}

/** Square root, rounded down. Throws `subnets/out-of-range` on a negative number. */
export function sqrtQ64(x: bigint): bigint {
  return integerRoot(x << 64n, 2n)
}

/** Largest whole r with r^degree <= value (Newton). Throws `subnets/out-of-range` on a negative value or a degree below 1. */
export function integerRoot(value: bigint, degree: bigint): bigint {
  if (value < 0n || degree < 1n) throw outOfRange('A root is taken of numbers that are not negative')
  if (value < 2n || degree === 1n) return value
  const bits = BigInt(value.toString(2).length)
  let root = 1n << (bits / degree + 1n)
  for (;;) {
    const next = ((degree - 1n) * root + value / root ** (degree - 1n)) / degree
    if (next >= root) return root
    root = next
  }
}

function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b < 0n ? quotient - 1n : quotient
}

function outOfRange(message: string): KoinonError {
  return new KoinonError({ code: 'subnets/out-of-range', message })
}
