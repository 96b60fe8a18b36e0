const none = Buffer.alloc(0)
const lineFeed = 10
const carriageReturn = 13

/**
 * Cuts the bytes of an event stream (server-sent events, line ends LF or CRLF) behind its empty lines. Every byte is looked at and copied a
 * bounded number of times, in however small parts an event comes.
 */
export class EventCutter {
  #rest: Buffer = none
  /** Begins where the rest does; bytes behind the rest are free. */
  #room: Buffer = none
  /** No end of an event begins before it. */
  #seen = 0
  #last: Buffer | undefined

  /** The events that more bytes complete. */
  push(part: Buffer): readonly Buffer[] {
    const bytes = this.#rest.length === 0 ? part : this.#append(part)
    const events: Buffer[] = []
    let [from, at] = [0, this.#seen]
    for (let end = eventEnd(bytes, at); end !== undefined; end = eventEnd(bytes, at)) {
      events.push(bytes.subarray(from, end))
      from = end
      at = end
    }
    this.#room = bytes === part ? none : this.#room.subarray(from)
    this.#rest = bytes.subarray(from)
    this.#seen = Math.max(0, this.#rest.length - 2)
    if (events.length > 0 || part.length > 0) this.#last = this.#rest.length === 0 ? events.at(-1) : undefined
    return events
  }

  /** The last event so far; undefined when something follows it. */
  get last(): Buffer | undefined {
    return this.#last
  }

  /** What has no end yet; empty afterwards. */
  rest(): Buffer {
    const rest = this.#rest
    this.#rest = none
    this.#room = none
    this.#seen = 0
    return rest
  }

  #append(part: Buffer): Buffer {
    const rest = this.#rest
    const length = rest.length + part.length
    if (this.#room.length < length) {
      this.#room = Buffer.allocUnsafe(2 * length)
      rest.copy(this.#room)
    }
    part.copy(this.#room, rest.length)
    return this.#room.subarray(0, length)
  }
}

function eventEnd(bytes: Buffer, from: number): number | undefined {
  for (let at = bytes.indexOf(lineFeed, from); at !== -1; at = bytes.indexOf(lineFeed, at + 1)) {
    if (bytes[at + 1] === lineFeed) return at + 2
    if (bytes[at + 1] === carriageReturn && bytes[at + 2] === lineFeed) return at + 3
  }
  return undefined
}
