import { FairQueue } from '../wire/fair-queue.ts'

type Guest = {
  /** Takes a place if one is free for this guest now, and goes. */
  readonly admit: () => boolean
  readonly leave: () => void
}

/** Looked at again this often, because places also appear when a provider joins or its pause ends. */
const lookIntervalMs = 100

/**
 * A bounded line for answers that found every provider full. Payers are let in by turns, each payer's answers in the order they came;
 * guests for whom no place suits are passed over, so that one busy model holds up no other. When the line is full, who has most in it
 * makes room for who has less.
 */
export class WaitingRoom {
  readonly #guests: FairQueue<Guest>
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(options: { readonly places: number }) {
    this.#guests = new FairQueue(options.places, options.places)
  }

  get waiting(): number {
    return this.#guests.size
  }

  /**
   * Waits for a place; undefined when the line is full, the place in it went to another payer, the time is over or the signal aborts.
   * `payer` is the account that pays, whichever key it uses.
   */
  wait<place>(
    payer: string,
    take: () => place | undefined,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<place | undefined> {
    if (timeoutMs <= 0 || signal.aborted) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      const end = (place: place | undefined): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', leave)
        if (this.#guests.size === 0) this.#stopLooking()
        resolve(place)
      }
      const leave = (): void => {
        this.#guests.remove(payer, guest)
        end(undefined)
      }
      const guest: Guest = {
        admit: () => {
          const place = take()
          if (place === undefined) return false
          this.#guests.remove(payer, guest)
          end(place)
          return true
        },
        leave,
      }
      const timer = setTimeout(leave, timeoutMs)
      const { isAdded, displaced } = this.#guests.push(payer, guest)
      displaced?.leave()
      if (!isAdded) return end(undefined)
      signal.addEventListener('abort', leave, { once: true })
      this.#timer ??= setInterval(() => this.look(), lookIntervalMs).unref()
    })
  }

  /** Lets in whoever now finds a place. Call when a place may have become free. */
  look(): void {
    this.#guests.offer((guest) => guest.admit())
  }

  #stopLooking(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
