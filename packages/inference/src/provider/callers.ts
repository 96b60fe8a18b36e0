import type { IncomingMessage } from 'node:http'
import { bytesToHex, type Clock, type Hex } from '@koinon/base'
import { sha256Native, verifySessionNative } from '@koinon/base/node'
import { nodeRequestHeader, verifyNodeRequest } from '@koinon/work'
import { DelegationMemory } from '../wire/delegations.ts'
import { NonceMemory } from '../wire/nonces.ts'

/** Finds out who sent a signed request (specs/0004-node-requests.md). */
export class Callers {
  readonly #chainId: number
  readonly #account: Hex
  readonly #clock: Clock
  readonly #nonces = new NonceMemory()
  readonly #delegations = new DelegationMemory()

  constructor(options: { readonly chainId: number; readonly account: Hex; readonly clock: Clock }) {
    this.#chainId = options.chainId
    this.#account = options.account
    this.#clock = options.clock
  }

  /** The account that asks. Throws `request/*`. */
  identify(request: IncomingMessage, body: Uint8Array): { readonly sender: Hex; readonly bodyHash: Hex } {
    const nowMs = this.#clock.nowMs()
    const header = request.headers[nodeRequestHeader]
    const bodyHash = bytesToHex(sha256Native(body))
    const { sender } = verifyNodeRequest(Array.isArray(header) ? header[0] : header, {
      chainId: this.#chainId,
      recipient: this.#account,
      method: request.method ?? '',
      path: request.url ?? '',
      bodyHash,
      nowMs,
      verifySession: verifySessionNative,
      useNonce: (from, nonce, untilMs) => this.#nonces.use(from, nonce, untilMs, nowMs),
      isDelegated: (delegation, atMs) => this.#delegations.holds(delegation, atMs),
    })
    return { sender, bodyHash }
  }

  /** Forgets expired nonces. */
  sweep(): void {
    this.#nonces.sweep(this.#clock.nowMs())
  }
}
