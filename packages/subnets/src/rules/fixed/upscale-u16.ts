/** Submitted weights, max-upscaled to u16 (specs/0011-yuma.md section 1). */

const oneQ32 = 1n << 32n
const maximum = 65_535n
const thresholdQ32 = 32_768n * oneQ32

/**
 * Scales Q32 values that are not negative so that the largest becomes 65535, halves rounded up: w * 65535 / max, the quotient rounded
 * down to 32 bits first; above 32768 the factor 65535 / max is rounded down before it multiplies. All zero stays all zero.
 */
export function maxUpscaleU16(values: readonly bigint[]): readonly number[] {
  const most = values.reduce((left, right) => (right > left ? right : left), 0n)
  if (most === 0n) return values.map(() => 0)
  return values.map((value) => {
    const scaled =
      most > thresholdQ32 ? (value * ((maximum * oneQ32 * oneQ32) / most)) >> 32n : (value * maximum * oneQ32) / most
    const rounded = (scaled + oneQ32 / 2n) >> 32n
    return Number(rounded > maximum ? maximum : rounded)
  })
}
