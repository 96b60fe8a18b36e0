/** Time as an argument: milliseconds since the Unix epoch. */
export type Clock = { nowMs(): number }

/** Randomness as an argument: `count` unpredictable bytes. */
export type Random = (count: number) => Uint8Array

/** The host's clock. */
export const systemClock: Clock = { nowMs: () => Date.now() }

/** The host's cryptographic randomness. */
export const systemRandom: Random = (count) => crypto.getRandomValues(new Uint8Array(count))
