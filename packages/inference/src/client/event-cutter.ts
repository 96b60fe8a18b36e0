import { doneEvent } from '../rules/sse.ts'

const none = Buffer.alloc(0)
const done = Buffer.from(doneEvent)
const lineFeed = 10

/** Cuts the bytes of an event stream behind its empty lines. */
export class EventCutter {
  #rest: Buffer = none
  #endsWithDone = false

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
    if (events.length > 0) this.#endsWithDone = this.#rest.length === 0 && done.equals(events.at(-1) as Buffer)
    return events
  }

  /** True when the last event so far is `data: [DONE]`. */
  get endsWithDone(): boolean {
    return this.#endsWithDone
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
  }
  return undefined
}
