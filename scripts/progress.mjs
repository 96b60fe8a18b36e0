/**
 * Says that something goes on, and since when: on a terminal in one line that is written anew every second, elsewhere by a line every
 * ten. Returns what ends it.
 */
export function reportProgress(label, { write, isTerminal, everyMs = isTerminal ? 1_000 : 10_000 }) {
  const begunAtMs = Date.now()
  const timer = setInterval(() => {
    const line = `${label} ... ${Math.round((Date.now() - begunAtMs) / 1_000)} s`
    write(isTerminal ? `\r${line}` : `${line}\n`)
  }, everyMs)
  return () => {
    clearInterval(timer)
    // The next line goes over the one that was written anew.
    if (isTerminal) write('\r')
  }
}
