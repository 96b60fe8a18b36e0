import { type NodeCaller, PeerSession } from '@koinon/work/node'
import { overPool } from '../wire/pooled-node-call.ts'
import type { ProviderLink } from './provider-link.ts'

/** The gateway's sessions with its providers (specs/0004-node-requests.md section 2), one for each link while the link lives. */
export class ProviderSessions {
  readonly #caller: NodeCaller
  readonly #sessions = new WeakMap<ProviderLink, PeerSession>()

  constructor(caller: NodeCaller) {
    this.#caller = caller
  }

  /** Proves requests to this provider. */
  of(link: ProviderLink): PeerSession {
    const known = this.#sessions.get(link)
    if (known !== undefined) return known
    const { account: recipient, endpoint, pool } = link
    const session = new PeerSession({ caller: this.#caller, recipient, endpoint, transport: overPool(pool) })
    this.#sessions.set(link, session)
    return session
  }
}
