/**
 * Time for all that is done because of one answer, unless its validator says another: room for starting over several times because of
 * others. A file of its own, so that the sandbox's process loads no schemas.
 */
export function answerBudgetMs(scoreTimeoutMs: number): number {
  return 10 * scoreTimeoutMs
}

/** Most time for what a file does once an epoch, not for each answer. */
export const usualCallTimeoutMs = 10_000
