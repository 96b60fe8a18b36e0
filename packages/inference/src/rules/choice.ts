/** Choosing a provider: pure arithmetic over what was measured. */

/** What a gateway knows of a provider when it chooses. */
export type ProviderStanding = {
  /** Pico-dollars for one prompt token and one output token together; a yardstick, not a bill. */
  readonly pricePicoUsd: bigint
  /** Moving average of the time to the first byte, milliseconds. */
  readonly firstByteMs: number
  /** Moving average of failures, 0 to 1. */
  readonly failureRate: number
  readonly inFlight: number
  readonly capacity: number
}

/** Weight of a new sample in the moving averages. */
export const averageWeight = 0.2

/** First guess for a provider nobody has measured: fast, so that it gets tried. */
export const unmeasuredFirstByteMs = 20

/** One failure in ten costs as much as doubling the latency. */
const failureWeight = 10

/** Moving average after one more sample. */
export function movingAverage(average: number, sample: number): number {
  return average + averageWeight * (sample - average)
}

/**
 * Badness of a provider, lower is better: expected wait x unreliability x price. The wait grows with the answers under way, in
 * units of its capacity, so that a full machine loses against a slower idle one.
 */
export function badness(standing: ProviderStanding): number {
  const wait = Math.max(1, standing.firstByteMs) * (1 + standing.inFlight / Math.max(1, standing.capacity))
  return wait * (1 + failureWeight * standing.failureRate) * Math.max(1, Number(standing.pricePicoUsd))
}

/**
 * Power of two choices: draws two candidates and takes the better. Spreads load without herding on the momentarily best one.
 * `units` are two random numbers in [0, 1). Undefined for no candidates.
 */
export function chooseOfTwo<candidate>(
  candidates: readonly candidate[],
  standingOf: (candidate: candidate) => ProviderStanding,
  units: readonly [number, number],
): candidate | undefined {
  if (candidates.length <= 1) return candidates[0]
  const first = Math.floor(units[0] * candidates.length)
  const step = 1 + Math.floor(units[1] * (candidates.length - 1))
  const a = candidates[first] as candidate
  const b = candidates[(first + step) % candidates.length] as candidate
  return badness(standingOf(a)) <= badness(standingOf(b)) ? a : b
}
