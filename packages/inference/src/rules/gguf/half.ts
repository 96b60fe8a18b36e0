const scratch = new DataView(new ArrayBuffer(4))

/** Nearest IEEE 754 binary16 bits of a number, ties to even; overflow gives infinity, NaN stays NaN. */
export function floatToHalf(value: number): number {
  scratch.setFloat32(0, value)
  const bits = scratch.getUint32(0)
  const sign = (bits >>> 16) & 0x8000
  const exponent = (bits >>> 23) & 0xff
  const mantissa = bits & 0x7fffff
  if (exponent === 0xff) return sign | 0x7c00 | (mantissa === 0 ? 0 : 0x200)
  const halfExponent = exponent - 127 + 15
  if (halfExponent >= 31) return sign | 0x7c00
  if (halfExponent > 0) return sign | roundShift((halfExponent << 23) | mantissa, 13)
  if (halfExponent < -10) return sign
  return sign | roundShift(mantissa | 0x800000, 14 - halfExponent)
}

/** The number that 16 IEEE 754 binary16 bits stand for. */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >>> 10) & 0x1f
  const mantissa = bits & 0x3ff
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  if (exponent === 0) return sign * mantissa * 2 ** -24
  return sign * (1024 + mantissa) * 2 ** (exponent - 25)
}

/** `value >> shift`, rounded to nearest, ties to even. A carry into the exponent is the right answer for binary16. */
function roundShift(value: number, shift: number): number {
  const kept = value >>> shift
  const rest = value & ((1 << shift) - 1)
  const middle = 1 << (shift - 1)
  return rest > middle || (rest === middle && (kept & 1) === 1) ? kept + 1 : kept
}
