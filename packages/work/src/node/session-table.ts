import { timingSafeEqual } from 'node:crypto'
import { type Address, type Hex, KoinonError } from '@koinon/base'
import { nodeRequestLifetimeMs } from '../node-request.ts'
import { ReplayWindow } from './replay-window.ts'
import { parseSessionHeader, type SessionMac } from './session-terms.ts'

type HeldSession = {
  readonly sender: Address
  readonly mac: SessionMac
  readonly expiresAtMs: number
  readonly window: ReplayWindow
}

const defaultBounds = { maximumPerSender: 4, maximum: 4_096 }

/** The sessions a recipient has agreed on, in memory only: after a restart they are unknown and senders agree again. */
export class SessionTable {
  readonly #bounds: typeof defaultBounds
  readonly #sessions = new Map<Hex, HeldSession>()

  constructor(bounds: Partial<typeof defaultBounds> = {}) {
    this.#bounds = { ...defaultBounds, ...bounds }
  }

  /** Keeps a session; a sender's oldest one goes when it has too many, the oldest of all when there are too many in all. */
  add(sessionId: Hex, session: Omit<HeldSession, 'window'>): void {
    const own = [...this.#sessions].filter(([, { sender }]) => sender === session.sender).map(([id]) => id)
    for (const id of own.slice(0, Math.max(0, own.length + 1 - this.#bounds.maximumPerSender))) {
      this.#sessions.delete(id)
    }
    if (this.#sessions.size >= this.#bounds.maximum) this.#sessions.delete(this.#sessions.keys().next().value as Hex)
    this.#sessions.set(sessionId, { ...session, window: new ReplayWindow() })
  }

  /** The account that sent this request. Throws `request/malformed|unknown-session|forged|expired|replayed`. */
  sender(
    header: string,
    request: { readonly method: string; readonly path: string; readonly bodyHash: Hex },
    nowMs: number,
  ): Address {
    const { sessionId, number, expiresAtMs, mac } = parseSessionHeader(header)
    const session = this.#sessions.get(sessionId)
    if (session === undefined || session.expiresAtMs <= nowMs) {
      throw refused('unknown-session', 'The session is not known here; agree on a new one or sign the request', 'now')
    }
    if (!isEqual(session.mac({ ...request, number, expiresAtMs }), mac)) {
      throw refused('forged', 'The MAC does not hold for this method, path, body, number and expiry', 'never')
    }
    if (expiresAtMs <= nowMs || expiresAtMs > nowMs + nodeRequestLifetimeMs) {
      throw refused('expired', 'The request has expired or its expiry lies too far ahead; compare the clocks', 'now')
    }
    // Last, so that a forger cannot burn somebody else's numbers.
    if (!session.window.use(number)) throw refused('replayed', 'The request was seen before', 'never')
    return session.sender
  }

  /** Drops what has expired. */
  sweep(nowMs: number): void {
    for (const [id, { expiresAtMs }] of this.#sessions) if (expiresAtMs <= nowMs) this.#sessions.delete(id)
  }

  get size(): number {
    return this.#sessions.size
  }
}

/** Both are 43 characters: one is computed, the other's shape was checked. */
function isEqual(expected: string, stated: string): boolean {
  return timingSafeEqual(Buffer.from(expected, 'latin1'), Buffer.from(stated, 'latin1'))
}

function refused(reason: string, message: string, retry: 'now' | 'never'): KoinonError {
  return new KoinonError({ code: `request/${reason}`, message, retry })
}
