const pollMs = 100

export function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs))
}

/** Polls until the probe gives something other than undefined or false; after the deadline fails, saying what was waited for. */
export async function waitFor<found>(
  what: string,
  deadlineMs: number,
  probe: () => Promise<found | undefined | false> | found | undefined | false,
): Promise<found> {
  const untilMs = Date.now() + deadlineMs
  let last: unknown
  for (;;) {
    try {
      const found = await probe()
      if (found !== undefined && found !== false) return found
      last = undefined
    } catch (error) {
      last = error
    }
    if (Date.now() > untilMs) {
      throw new Error(`${what}: not within ${deadlineMs} ms${last === undefined ? '' : `; last: ${String(last)}`}`, {
        cause: last,
      })
    }
    await sleep(pollMs)
  }
}
