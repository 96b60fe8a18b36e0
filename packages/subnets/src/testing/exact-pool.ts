/** Logarithm and exponential to 300 bits by other methods than `rules/pool/fixed-point.ts`: the oracle of the tests. */

/** Fraction bits of the oracle. */
export const exactBits = 300n
const one = 1n << exactBits

/** ln(n / d) by 320 squarings of the mantissa (binary digits of log2), times ln 2 from its own series. */
export function exactLn(n: bigint, d: bigint): bigint {
  const guard = exactBits + 80n
  let mantissa = (n << guard) / d
  let log2 = 0n
  while (mantissa >> (guard + 1n) !== 0n) {
    mantissa >>= 1n
    log2 += 1n
  }
  for (let digit = 0n; digit < exactBits + 20n; digit += 1n) {
    mantissa = (mantissa * mantissa) >> guard
    log2 <<= 1n
    if (mantissa >> (guard + 1n) !== 0n) {
      mantissa >>= 1n
      log2 += 1n
    }
  }
  return (log2 * exactLn2()) >> (exactBits + 20n)
}

/** e^x for -1024 < x < 128 by the series of x / 2^80, squared 80 times. */
export function exactExp(x: bigint): bigint {
  const guard = exactBits + 200n
  const small = x << 120n
  let term = 1n << guard
  let sum = term
  for (let index = 1n; term !== 0n && index < 40n; index += 1n) {
    term = (term * small) / (index << guard)
    sum += term
  }
  for (let squaring = 0; squaring < 80; squaring++) sum = (sum * sum) >> guard
  return sum >> 200n
}

/** reserveOut * (1 - (reserveIn / (reserveIn + net))^(weightIn / weightOut)) in parts of 2^300. */
export function exactOut(
  reserveIn: bigint,
  weightIn: bigint,
  reserveOut: bigint,
  weightOut: bigint,
  net: bigint,
): bigint {
  return reserveOut * (one - exactExp(-(exactLn(reserveIn + net, reserveIn) * weightIn) / weightOut))
}

/** ln 2 = sum of 1 / (k 2^k). */
function exactLn2(): bigint {
  let sum = 0n
  for (let k = 1n; k < exactBits + 64n; k += 1n) sum += (1n << (exactBits + 64n - k)) / k
  return sum >> 64n
}
