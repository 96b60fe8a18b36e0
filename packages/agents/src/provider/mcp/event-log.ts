import type { EventId, EventStore, StreamId } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'

const mostEvents = 256
const mostBytes = 1 << 20

type Kept = {
  readonly number: number
  readonly stream: StreamId
  readonly message: JSONRPCMessage
  readonly bytes: number
}

/** What one session was sent, for who lost a stream and comes back with `Last-Event-ID`: the newest 256 messages, at most 1 MiB. */
export class SessionEventLog implements EventStore {
  #kept: Kept[] = []
  #bytes = 0
  #next = 1

  async storeEvent(stream: StreamId, message: JSONRPCMessage): Promise<EventId> {
    const number = this.#next++
    const bytes = JSON.stringify(message).length
    this.#kept.push({ number, stream, message, bytes })
    this.#bytes += bytes
    while (this.#kept.length > mostEvents || (this.#bytes > mostBytes && this.#kept.length > 1)) {
      this.#bytes -= (this.#kept.shift() as Kept).bytes
    }
    return `${stream}/${number}`
  }

  async getStreamIdForEventId(id: EventId): Promise<StreamId | undefined> {
    return parted(id)?.stream
  }

  /** Sends again what came after an event on its stream. Throws when that is no longer kept. */
  async replayEventsAfter(
    last: EventId,
    { send }: { readonly send: (id: EventId, message: JSONRPCMessage) => Promise<void> },
  ): Promise<StreamId> {
    const from = parted(last)
    const oldest = this.#kept[0]?.number ?? this.#next
    if (from === undefined || from.number + 1 < oldest) throw new Error('What came after that event is no longer kept')
    for (const { number, stream, message } of [...this.#kept]) {
      if (stream !== from.stream || number <= from.number || Object.keys(message).length === 0) continue
      await send(`${stream}/${number}`, message)
    }
    return from.stream
  }
}

function parted(id: EventId): { readonly stream: StreamId; readonly number: number } | undefined {
  const at = id.lastIndexOf('/')
  const number = Number(id.slice(at + 1))
  return at < 1 || !Number.isSafeInteger(number) ? undefined : { stream: id.slice(0, at), number }
}
