/** Numbers of specs/0020-pool-emission.md that are the same on every network, held to chapter and contracts by scripts/spec-constants.test.ts. */

/** From the announcement of a subnet's parts to their force. */
export const partsDelaySeconds = 604_800
