type Guest = {
  /** Takes a place if one is free for this guest now. */
  readonly take: () => unknown
  readonly admit: (place: unknown) => void
}

/** Looked at again this often, because places also appear when a provider joins or its pause ends. */
const lookIntervalMs = 100

/**
 * A bounded line for answers that found every provider full. Whoever came first takes the first place that suits; guests for whom none
 * suits are passed over, so that one busy model holds up no other.
 */
export class WaitingRoom {
  readonly #places: number
  readonly #guests = new Set<Guest>()
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(options: { readonly places: number }) {
    this.#places = options.places
  }

  get waiting(): number {
    return this.#guests.size
  }

  get isFull(): boolean {
    return this.#guests.size >= this.#places
  }

  /** Waits for a place; undefined when the time is over or the signal aborts. */
  wait<place>(take: () => place | undefined, timeoutMs: number, signal: AbortSignal): Promise<place | undefined> {
    if (timeoutMs <= 0 || signal.aborted) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      const leave = (place: place | undefined): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', onAbort)
        this.#guests.delete(guest)
        if (this.#guests.size === 0) this.#stopLooking()
        resolve(place)
      }
      const onAbort = (): void => leave(undefined)
      const guest: Guest = { take, admit: (place) => leave(place as place) }
      const timer = setTimeout(onAbort, timeoutMs)
      signal.addEventListener('abort', onAbort, { once: true })
      this.#guests.add(guest)
      this.#timer ??= setInterval(() => this.look(), lookIntervalMs).unref()
    })
  }

  /** Lets in whoever now finds a place, in the order they came. Call when a place may have become free. */
  look(): void {
    for (const guest of this.#guests) {
      const place = guest.take()
      if (place !== undefined) guest.admit(place)
    }
  }

  #stopLooking(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
