/** Numbers of specs/0014-pools.md that are the same on every network, held to chapter and contracts by scripts/spec-constants.test.ts. */

/** The largest take, and that of a hotkey that never said anything; 1/10,000 of dividends. */
export const maximumTakeBps = 1_800n

/** Most children of a hotkey in a subnet. */
export const maximumChildren = 5

/** From the announcement of children to their force. */
export const childrenDelaySeconds = 86_400
/** Whoever begins to leave within that time of a slash is out of reach of the next. */
export const reactionSeconds = 86_400

/** Subnets in which the root stake of one hotkey counts. */
export const maximumRootSubnets = 16

/** Part of a slash that whoever showed the offence gets, in 1/10,000. */
export const rewardBps = 1_000n
