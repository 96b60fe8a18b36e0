import { type Address, type Hex, hexToBytes, KoinonError } from '@koinon/base'
import { verifySessionNative } from '@koinon/base/node'
import { nodeRequestHeader } from '../node-request.ts'
import { verifyDelegation } from '../session-delegation.ts'
import { callLifetimeMs, callNode, type NodeCaller, type NodeTransport, signedHeader } from './node-call.ts'
import {
  createExchangeKey,
  createSessionMac,
  deriveMacKey,
  formatSessionHeader,
  nodeSessionHeader,
  nodeSessionLifetimeMs,
  nodeSessionPath,
  nodeSessionType,
  parseSessionTerms,
  type SessionMac,
} from './session-terms.ts'

export type PeerSessionOptions = {
  readonly caller: NodeCaller
  readonly recipient: Address
  /** Origin at which the recipient is reached. */
  readonly endpoint: string
  readonly transport: NodeTransport
}

/** One header of a request, and the session it is under, if it is. */
export type Authorization = {
  readonly name: string
  readonly value: string
  readonly sessionId: Hex | undefined
}

type Agreed = { readonly sessionId: Hex; readonly mac: SessionMac; readonly expiresAtMs: number; number: number }

const handshakeTimeoutMs = 5_000
const pauseMs = 30_000
const pauseAfterSuccessMs = 1_000
/** A session is replaced when this share of an hour is left. */
const renewalMarginMs = nodeSessionLifetimeMs / 5
const clockToleranceMs = 60_000

/**
 * The sender's side of sessions with one recipient. Requests never wait for a handshake: until there is a session, and when the
 * recipient gives none, each is signed.
 */
export class PeerSession {
  readonly #options: PeerSessionOptions
  #agreed: Agreed | undefined
  #handshake: Promise<void> | undefined
  #pausedUntilMs = 0

  constructor(options: PeerSessionOptions) {
    this.#options = options
  }

  /** Proves who sends this request: by the session, which is renewed in the background when it is due, else by a signature. */
  authorize(request: { readonly method: string; readonly path: string; readonly bodyHash: Hex }): Authorization {
    const nowMs = this.#options.caller.clock.nowMs()
    const agreed = this.#agreed
    if (agreed === undefined || agreed.expiresAtMs - nowMs < renewalMarginMs) this.renew(nowMs)
    const expiresAtMs = nowMs + callLifetimeMs
    if (agreed === undefined || agreed.expiresAtMs <= expiresAtMs) return this.sign(request)
    agreed.number += 1
    const { sessionId, number } = agreed
    const mac = agreed.mac({ ...request, number, expiresAtMs })
    return { name: nodeSessionHeader, value: formatSessionHeader(sessionId, number, expiresAtMs, mac), sessionId }
  }

  /** Proves the same with a signature of its own. */
  sign(request: { readonly method: string; readonly path: string; readonly bodyHash: Hex }): Authorization {
    const { caller, recipient } = this.#options
    return { name: nodeRequestHeader, value: signedHeader(caller, { ...request, recipient }), sessionId: undefined }
  }

  /** Say that the recipient does not know the session. Agrees on a new one, unless it has just done so. */
  forget(sessionId: Hex): void {
    if (this.#agreed?.sessionId !== sessionId) return
    this.#agreed = undefined
    this.renew(this.#options.caller.clock.nowMs())
  }

  /** Starts a handshake unless one is under way or was just tried. Resolves when it has ended, well or not. */
  renew(nowMs: number): Promise<void> {
    if (this.#handshake !== undefined || nowMs < this.#pausedUntilMs) return this.#handshake ?? Promise.resolve()
    this.#pausedUntilMs = nowMs + pauseMs
    this.#handshake = this.#agree().then(
      (agreed) => {
        this.#agreed = agreed
        this.#handshake = undefined
        this.#pausedUntilMs = nowMs + pauseAfterSuccessMs
      },
      () => {
        this.#handshake = undefined
      },
    )
    return this.#handshake
  }

  async #agree(): Promise<Agreed> {
    const { caller, recipient, endpoint, transport } = this.#options
    const exchange = createExchangeKey()
    const { chainId, signer: sender } = caller.session().delegation
    const json = await callNode(caller, {
      transport,
      recipient,
      method: 'POST',
      path: nodeSessionPath,
      body: JSON.stringify({ v: 1, endpoint, senderKey: exchange.publicKey }),
      timeoutMs: handshakeTimeoutMs,
      maximumBytes: 16_384,
    })
    const { session, signature, delegation } = parseSessionTerms(json)
    const nowMs = caller.clock.nowMs()
    if (
      session.chainId !== chainId ||
      session.sender !== sender ||
      session.recipient !== recipient ||
      session.endpoint !== endpoint ||
      session.senderKey !== exchange.publicKey ||
      session.expiresAtMs <= nowMs ||
      session.expiresAtMs > nowMs + nodeSessionLifetimeMs + clockToleranceMs
    ) {
      throw badSession('it is not the one that was asked for')
    }
    if (
      delegation.signer !== recipient ||
      delegation.chainId !== chainId ||
      delegation.sessionKey !== session.sessionKey ||
      !verifySessionNative(session.sessionKey, hexToBytes(nodeSessionType.hash(session)), signature) ||
      !verifyDelegation(delegation, nowMs)
    ) {
      throw badSession('its signature or delegation does not hold')
    }
    const mac = createSessionMac(deriveMacKey(exchange.privateKey, session.recipientKey, session))
    return { sessionId: session.sessionId, mac, expiresAtMs: session.expiresAtMs, number: 0 }
  }
}

function badSession(problem: string): KoinonError {
  return new KoinonError({ code: 'node/bad-session', message: `The node's session does not hold: ${problem}` })
}
