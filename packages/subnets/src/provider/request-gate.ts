/** Who sent a signed request (specs/0004-node-requests.md), with a bounded memory of nonces and delegations. */
import type { IncomingMessage } from 'node:http'
import {
  type Address,
  bytesToHex,
  type Clock,
  type Hex,
  KoinonError,
  sha256Hex,
  type VerifySession,
} from '@koinon/base'
import {
  nodeRequestHeader,
  type SignedDelegation,
  sessionDelegationDigest,
  verifyDelegation,
  verifyNodeRequest,
} from '@koinon/work'

export type RequestGateOptions = {
  readonly chainId: number
  readonly recipient: Address
  readonly clock: Clock
  readonly verifySession: VerifySession
}

const maximumNonces = 50_000
const maximumDelegations = 1_000

/** One a server: a nonce seen by one gate is not known to another. */
export class RequestGate {
  readonly #options: RequestGateOptions
  readonly #nonces = new Map<string, number>()
  readonly #delegations = new Set<string>()

  constructor(options: RequestGateOptions) {
    this.#options = options
  }

  /** The account that signed this GET. Throws `request/*`, and `request/busy` when too many nonces are alive. */
  sender(request: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): Address {
    const { chainId, recipient, clock, verifySession } = this.#options
    const header = request.headers[nodeRequestHeader]
    const nowMs = clock.nowMs()
    return verifyNodeRequest(Array.isArray(header) ? header[0] : header, {
      chainId,
      recipient,
      method: request.method ?? '',
      path: request.url ?? '',
      bodyHash: sha256Hex(new Uint8Array()),
      nowMs,
      verifySession,
      useNonce: (sender, nonce, untilMs) => this.#useNonce(sender, nonce, untilMs, nowMs),
      isDelegated: (delegation, atMs) => this.#isDelegated(delegation, atMs),
    }).sender
  }

  #useNonce(sender: Hex, nonce: Hex, untilMs: number, nowMs: number): boolean {
    const key = `${sender}${nonce}`
    if ((this.#nonces.get(key) ?? 0) > nowMs) return false
    if (this.#nonces.size >= maximumNonces) {
      for (const [old, until] of this.#nonces) if (until <= nowMs) this.#nonces.delete(old)
    }
    if (this.#nonces.size >= maximumNonces) {
      throw new KoinonError({ code: 'request/busy', message: 'Too many requests in the last minute', retry: 'later' })
    }
    this.#nonces.set(key, untilMs)
    return true
  }

  #isDelegated(delegation: SignedDelegation, atMs: number): boolean {
    const seconds = Math.floor(atMs / 1000)
    const key = `${bytesToHex(sessionDelegationDigest(delegation))}${delegation.signature}`
    if (this.#delegations.has(key)) return seconds >= delegation.validFrom && seconds < delegation.validUntil
    if (!verifyDelegation(delegation, atMs)) return false
    if (this.#delegations.size >= maximumDelegations)
      this.#delegations.delete(this.#delegations.values().next().value as string)
    this.#delegations.add(key)
    return true
  }
}

/** HTTP status of a refused request (specs/0004-node-requests.md). */
export function refusalStatus(error: unknown): number {
  const code = error instanceof KoinonError ? error.code : ''
  if (code === 'request/replayed') return 409
  if (code === 'request/busy') return 429
  if (code === 'request/not-allowed') return 403
  return code.startsWith('request/') ? 401 : 500
}
