/** Limits of the block rate: a bucket of `burstBlocks` permits that refills by one every `blockIntervalMs`. */
export type BlockPace = { readonly blockIntervalMs: number; readonly burstBlocks: number }

/** State of the bucket: permits at a moment. */
export type PacerState = { readonly permits: number; readonly atMs: number }

/** A full bucket. */
export function newPacer(pace: BlockPace, nowMs: number): PacerState {
  return { permits: pace.burstBlocks, atMs: nowMs }
}

/**
 * Milliseconds to wait before the next block may be mined. An idle chain mines at once, a chain under load at one block an
 * interval. A clock that ran back counts as no time passed.
 */
export function pacerDelayMs(pace: BlockPace, state: PacerState, nowMs: number): number {
  const permits = refilled(pace, state, nowMs)
  return permits >= 1 ? 0 : Math.ceil((1 - permits) * pace.blockIntervalMs)
}

/** The state after a block was mined. */
export function pacerSpend(pace: BlockPace, state: PacerState, nowMs: number): PacerState {
  return { permits: Math.max(0, refilled(pace, state, nowMs) - 1), atMs: nowMs }
}

function refilled(pace: BlockPace, state: PacerState, nowMs: number): number {
  if (pace.blockIntervalMs <= 0) return pace.burstBlocks
  const elapsedMs = Math.max(0, nowMs - state.atMs)
  return Math.min(pace.burstBlocks, state.permits + elapsedMs / pace.blockIntervalMs)
}
