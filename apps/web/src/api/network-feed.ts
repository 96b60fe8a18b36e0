import { type ErrorJson, errorToJson } from '@koinon/base'
import type { NetworkJson } from '@koinon/work/dashboard'
import { type Door, requestJson } from './request.ts'

/** What is known of the network now. `receivedAtMs` is this browser's clock at the last answer. */
export type NetworkView = {
  readonly network?: NetworkJson
  readonly receivedAtMs?: number
  /** Why the last request failed; absent while all is well. */
  readonly error?: ErrorJson
}

const pollMs = 4000
const retryMs = 2500

/** An answer older than this is labelled stale. */
export const staleAfterMs = 12_000

/** Asks `/api/network` again and again while somebody looks at the page. */
export class NetworkFeed {
  readonly #door: Door
  readonly #nowMs: () => number
  readonly #listeners = new Set<() => void>()
  #view: NetworkView = {}
  #timer: ReturnType<typeof setTimeout> | undefined
  #isStarted = false
  #isAsking = false

  constructor(door: Door, nowMs: () => number) {
    this.#door = door
    this.#nowMs = nowMs
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly view = (): NetworkView => this.#view

  start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    void this.#poll()
  }

  stop(): void {
    this.#isStarted = false
    clearTimeout(this.#timer)
  }

  /** Looks now instead of at the next turn: something else found the gateway silent. */
  readonly look = (): void => {
    if (!this.#isStarted || this.#isAsking) return
    clearTimeout(this.#timer)
    void this.#poll()
  }

  async #poll(): Promise<void> {
    let waitMs = pollMs
    this.#isAsking = true
    try {
      const network = await requestJson<NetworkJson>(this.#door, '/api/network', { timeoutMs: 8000 })
      this.#view = { network, receivedAtMs: this.#nowMs() }
    } catch (error) {
      this.#view = { ...this.#view, error: errorToJson(error) }
      waitMs = retryMs
    }
    this.#isAsking = false
    if (!this.#isStarted) return
    for (const listener of this.#listeners) listener()
    this.#timer = setTimeout(() => void this.#poll(), waitMs)
  }
}

/** `live`, `stale` (old or the last request failed), `offline` (never or not for long), `connecting`. */
export type Connection = 'connecting' | 'live' | 'stale' | 'offline'

/** The state of the connection in one word. */
export function connectionOf(view: NetworkView, nowMs: number): Connection {
  if (view.receivedAtMs === undefined) return view.error === undefined ? 'connecting' : 'offline'
  const ageMs = nowMs - view.receivedAtMs
  if (view.error !== undefined) return ageMs > 5 * staleAfterMs ? 'offline' : 'stale'
  return ageMs > staleAfterMs ? 'stale' : 'live'
}
