/** Numbers of specs/0020-pool-emission.md that are the same on every network, held to chapter and contracts by scripts/spec-constants.test.ts. */

/** What one step adds to a pool at most, in 1/10,000 of its reserves: the fee of a trade. */
export const maximumInjectionBps = 5n

/** Parts of a subnet's alpha until its owner announces others, in 1/10,000; the dividends have the rest. */
export const defaultOwnerBps = 1_800
export const defaultMinersBps = 4_100

/** The owner's part at most; the miners' and the dividends' at least each. */
export const maximumOwnerBps = 1_800
export const minimumPartBps = 2_000

/** From the announcement of a subnet's parts to their force. */
export const partsDelaySeconds = 604_800
