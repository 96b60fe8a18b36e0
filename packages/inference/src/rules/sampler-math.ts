/**
 * Logarithm, exponential and random words whose bits are the same on every machine. Only IEEE 754 double additions,
 * subtractions, multiplications, divisions and 32-bit integer operations are used, in a fixed order: `Math.log` and
 * `Math.exp` are allowed to differ between engines, these are not (specs/0006 section 2).
 */

const ln2 = 0.6931471805599453
const ln2High = 0.69314718036912381649
const ln2Low = 1.90821492927058770002e-10
const sqrtHalf = 0.7071067811865476
const bits = new DataView(new ArrayBuffer(8))

/** Coefficients of atanh(s)/s in s squared: 1, 1/3, 1/5 ... 1/23. */
const atanhCoefficients = Array.from({ length: 12 }, (_, k) => 1 / (2 * k + 1))

/** Coefficients of the Taylor series of exp: 1/0! ... 1/13!, each the double nearest to 1 divided by the exact factorial. */
const expCoefficients = Array.from({ length: 14 }, (_, k) => 1 / factorial(k))

/** Natural logarithm of a positive normal double; relative error below 1e-15. */
export function naturalLog(x: number): number {
  bits.setFloat64(0, x)
  const high = bits.getUint32(0)
  let exponent = (high >>> 20) - 1022
  bits.setUint32(0, (high & 0x000fffff) | 0x3fe00000)
  let mantissa = bits.getFloat64(0)
  if (mantissa < sqrtHalf) {
    mantissa *= 2
    exponent -= 1
  }
  const s = (mantissa - 1) / (mantissa + 1)
  const z = s * s
  let series = 0
  for (let k = atanhCoefficients.length - 1; k >= 0; k--) series = series * z + (atanhCoefficients[k] as number)
  return exponent * ln2 + 2 * s * series
}

/** e to the power of x for x <= 0; exactly 0 below -700; relative error below 1e-15. */
export function exponential(x: number): number {
  if (x < -700) return 0
  const k = Math.floor(x / ln2 + 0.5)
  const r = x - k * ln2High - k * ln2Low
  let series = 0
  for (let i = expCoefficients.length - 1; i >= 0; i--) series = series * r + (expCoefficients[i] as number)
  bits.setUint32(0, (k + 1023) << 20)
  bits.setUint32(4, 0)
  return series * bits.getFloat64(0)
}

const philoxWords = new Uint32Array(4)

/**
 * Philox4x32-10 (Salmon et al., SC 2011): four random 32-bit words of a 128-bit counter and a 64-bit key.
 * Test vectors: kat_vectors of the Random123 distribution. The result is overwritten by the next call.
 */
export function philox(counter: readonly [number, number, number, number], key: SeedKey): Readonly<Uint32Array> {
  let [c0, c1, c2, c3] = counter
  let [k0, k1] = key
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd251, 0x1f53, c0)
    const high1 = multiplyHigh(0xcd9e, 0x8d57, c2)
    const low0 = Math.imul(0xd2511f53, c0)
    c0 = high1 ^ c1 ^ k0
    c1 = Math.imul(0xcd9e8d57, c2)
    c2 = high0 ^ c3 ^ k1
    c3 = low0
    k0 = (k0 + 0x9e3779b9) | 0
    k1 = (k1 + 0xbb67ae85) | 0
  }
  philoxWords[0] = c0
  philoxWords[1] = c1
  philoxWords[2] = c2
  philoxWords[3] = c3
  return philoxWords
}

/** A 64-bit seed as the two key words of the generator: low 32 bits, high 32 bits. */
export type SeedKey = readonly [number, number]

/** Key words of an unsigned 64-bit seed. */
export function seedKey(seed: bigint): SeedKey {
  return [Number(seed & 0xffff_ffffn), Number(seed >> 32n)]
}

/** A uniform number in (0, 1) with 52 random bits, never 0 or 1, for one token at one position under one seed. */
export function tokenUniform(key: SeedKey, position: number, tokenId: number): number {
  const words = philox([tokenId, position, 0, 0], key)
  return ((words[0] as number) * 1_048_576 + ((words[1] as number) >>> 12) + 0.5) / 4_503_599_627_370_496
}

/** Largest value `gumbel` can take: that of the largest uniform, 1 - 2^-53. */
export const largestGumbel = 37

/** Standard Gumbel noise of one token at one position under one seed: -ln(-ln(u)). */
export function gumbel(key: SeedKey, position: number, tokenId: number): number {
  return -naturalLog(-naturalLog(tokenUniform(key, position, tokenId)))
}

/** Upper 32 bits of (aHigh * 2^16 + aLow) * b; every intermediate sum is below 2^53. */
function multiplyHigh(aHigh: number, aLow: number, b: number): number {
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16)
  const rest = aLow * bHigh + (middle & 0xffff)
  return (aHigh * bHigh + ((middle / 65_536) >>> 0) + ((rest / 65_536) >>> 0)) | 0
}

function factorial(n: number): number {
  let product = 1
  for (let i = 2; i <= n; i++) product *= i
  return product
}
