import { doneEvent } from '../rules/sse.ts'

const done = Buffer.from(doneEvent)
const none = Buffer.alloc(0)

/**
 * Passes an event stream on but holds back its last event, `data: [DONE]`, until the receipt is checked. Whatever could be the
 * beginning of that event at the end of what arrived so far is held too.
 */
export class DoneHolder {
  #held: Buffer = none

  /** Bytes that may go on now. */
  push(part: Buffer): Buffer {
    const bytes = this.#held.length === 0 ? part : Buffer.concat([this.#held, part])
    const heldLength = longestPrefixAtEnd(bytes)
    this.#held = heldLength === 0 ? none : bytes.subarray(bytes.length - heldLength)
    return heldLength === 0 ? bytes : bytes.subarray(0, bytes.length - heldLength)
  }

  /** True when the stream so far ends with the last event. */
  get isDone(): boolean {
    return this.#held.length === done.length
  }
}

/** Length of the longest beginning of the last event that the bytes end with. */
function longestPrefixAtEnd(bytes: Buffer): number {
  for (let length = Math.min(done.length, bytes.length); length > 0; length--) {
    if (bytes[bytes.length - 1] !== done[length - 1]) continue
    if (bytes.compare(done, 0, length, bytes.length - length, bytes.length) === 0) return length
  }
  return 0
}
