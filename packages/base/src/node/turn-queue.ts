/**
 * Lets callers through one a turn of the event loop, in the order in which they came. Many requests that are read from their sockets at
 * once would else be served in one turn: until the last of them has had its work, no answer of a disk, a thread or a peer is heard, and
 * all leave together, so that server and clients wait for each other by turns.
 */
export class TurnQueue {
  #waiting: (() => void)[] = []

  /** Resolves in a turn of the loop that no other caller has. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.push(resolve) === 1) setImmediate(this.#letThrough)
    })
  }

  readonly #letThrough = (): void => {
    const first = this.#waiting.shift()
    if (this.#waiting.length > 0) setImmediate(this.#letThrough)
    first?.()
  }
}
