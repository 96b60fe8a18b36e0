const none = Buffer.alloc(0)
const lineFeed = 10
const carriageReturn = 13

/** Cuts the bytes of an event stream (server-sent events, line ends LF or CRLF) behind its empty lines. */
export class EventCutter {
  #rest: Buffer = none
  #last: Buffer | undefined

  /** The events that more bytes complete. */
  push(part: Buffer): readonly Buffer[] {
    const bytes = this.#rest.length === 0 ? part : Buffer.concat([this.#rest, part])
    const events: Buffer[] = []
    let from = 0
    for (let end = eventEnd(bytes, from); end !== undefined; end = eventEnd(bytes, from)) {
      events.push(bytes.subarray(from, end))
      from = end
    }
    this.#rest = bytes.subarray(from)
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
    return rest
  }
}

function eventEnd(bytes: Buffer, from: number): number | undefined {
  for (let at = bytes.indexOf(lineFeed, from); at !== -1; at = bytes.indexOf(lineFeed, at + 1)) {
    if (bytes[at + 1] === lineFeed) return at + 2
    if (bytes[at + 1] === carriageReturn && bytes[at + 2] === lineFeed) return at + 3
  }
  return undefined
}
