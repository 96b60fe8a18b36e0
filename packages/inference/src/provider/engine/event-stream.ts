/**
 * Hands events from a running producer to one reader. The producer never waits, so a slow reader cannot hold a sequence of
 * the engine; what it can pile up is bounded by the token limit of its request.
 */
export class EventStream<event> implements AsyncIterableIterator<event> {
  readonly #onClosed: () => void
  readonly #events: event[] = []
  #wake: (() => void) | undefined
  #failure: { readonly error: unknown } | undefined
  #isEnded = false

  /** `onClosed` is called when the reader stops reading before the end. */
  constructor(onClosed: () => void) {
    this.#onClosed = onClosed
  }

  push(event: event): void {
    this.#events.push(event)
    this.#wake?.()
  }

  end(): void {
    this.#isEnded = true
    this.#wake?.()
  }

  fail(error: unknown): void {
    this.#failure = { error }
    this.end()
  }

  async next(): Promise<IteratorResult<event>> {
    for (;;) {
      if (this.#events.length > 0) return { value: this.#events.shift() as event, done: false }
      if (this.#isEnded) break
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure.error
    return { value: undefined, done: true }
  }

  async return(): Promise<IteratorResult<event>> {
    this.#events.length = 0
    if (!this.#isEnded) this.#onClosed()
    this.#isEnded = true
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
