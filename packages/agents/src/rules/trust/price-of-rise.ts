import { type TrustParameters, wholeMicro } from './trust-input.ts'

/**
 * The least share, in millionths, of the kept money of the sellers whom trust reaches that accounts must have paid there themselves before
 * an agent of which nobody else says anything rises by `riseMicro` millionths (1 to 1,000,000) of the neutral score: for 50,000, five per
 * cent, 4,335 millionths. However many they are and whatever they pay each other (specs/0023 section 6). Rounded down.
 */
export function leastShareForRise(
  riseMicro: number,
  { rounds, priorMicro }: Pick<TrustParameters, 'rounds' | 'priorMicro'>,
): number {
  const [whole, rise] = [BigInt(wholeMicro), BigInt(riseMicro)]
  // a = p (1 + 2x) / (3 - 2x) of all influence; money moves 1 - 2^-rounds of it.
  const passed = 1n << BigInt(rounds)
  const numerator = BigInt(priorMicro) * (whole + 2n * rise) * passed
  return Number(numerator / ((3n * whole - 2n * rise) * (passed - 1n)))
}
