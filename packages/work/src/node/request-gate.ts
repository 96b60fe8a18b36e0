/** Who sent a request (specs/0004-node-requests.md): one gate a server, for signed requests and for those under a session. */
import type { IncomingMessage } from 'node:http'
import {
  type Address,
  bytesToHex,
  type Clock,
  type Hex,
  isKoinonError,
  KoinonError,
  type Random,
  type SessionSigner,
} from '@koinon/base'
import { sha256Native, verifySessionNative } from '@koinon/base/node'
import { DelegationMemory } from '../delegations.ts'
import { claimedSender, nodeRequestHeader, verifyNodeRequest } from '../node-request.ts'
import { type NonceBounds, NonceMemory } from '../nonces.ts'
import type { SignedDelegation } from '../session-delegation.ts'
import { HandshakeBook } from './handshake-book.ts'
import { SessionTable } from './session-table.ts'
import {
  createExchangeKey,
  createSessionMac,
  deriveMacKey,
  type NodeSessionTerms,
  nodeSessionHeader,
  nodeSessionLifetimeMs,
  nodeSessionType,
  parseProposal,
} from './session-terms.ts'

/** A session key with the account's word for it. */
export type NodeCredentials = { readonly signer: SessionSigner; readonly delegation: SignedDelegation }

/** What a gate needs to agree on sessions; without it every request has to be signed. */
export type SessionPolicy = {
  readonly credentials: () => NodeCredentials
  readonly random: Random
  /** Who may have a session: sessions take memory, so not everybody. */
  readonly mayOpen: (sender: Address) => boolean
}

export type RequestGateOptions = {
  readonly chainId: number
  readonly recipient: Address
  readonly clock: Clock
  readonly sessions?: SessionPolicy
  /**
   * Accounts that cost something to be: with a channel, with a permit. Nonces of all others have a small memory of their own, so that keys
   * that cost nothing fill no more than that. Without it everybody is known.
   */
  readonly knows?: (sender: Address) => boolean
  /** How many nonces are remembered (specs/0004-node-requests.md section 1, unless said). */
  readonly nonces?: { readonly known?: Partial<NonceBounds>; readonly strangers?: Partial<NonceBounds> }
}

export type RequestSource = Pick<IncomingMessage, 'method' | 'url' | 'headers'> & {
  /** Whose address it came from; handshakes are counted by it. */
  readonly socket?: { readonly remoteAddress?: string | undefined }
}

export type IdentifiedRequest = { readonly sender: Address; readonly bodyHash: Hex }

type SignedRequest = {
  readonly sender: Address
  readonly nonce: Hex
  readonly untilMs: number
  readonly delegatedUntilMs: number
}

const noBody = new Uint8Array()
const strangerBounds: NonceBounds = { maximumPerSender: 2_000, maximum: 20_000 }

/** Remembers nonces, delegations and sessions. What one gate has seen another does not know, so a server has only one. */
export class RequestGate {
  readonly #options: RequestGateOptions
  readonly #known: NonceMemory
  readonly #strangers: NonceMemory
  readonly #delegations = new DelegationMemory()
  readonly #sessions = new SessionTable()
  readonly #handshakes = new HandshakeBook()

  constructor(options: RequestGateOptions) {
    this.#options = options
    this.#known = new NonceMemory(options.nonces?.known)
    this.#strangers = new NonceMemory({ ...strangerBounds, ...options.nonces?.strangers })
  }

  /** The account that asks. Throws `request/*`, and `request/busy` when there is no room for its nonce. */
  identify(request: RequestSource, body: Uint8Array = noBody): IdentifiedRequest {
    const bodyHash = bytesToHex(sha256Native(body))
    const nowMs = this.#options.clock.nowMs()
    const session = this.#senderBySession(request, bodyHash, nowMs)
    if (session !== undefined) return { sender: session, bodyHash }
    const signed = this.#verifySigned(request, bodyHash, nowMs)
    this.#remember(signed, this.#memoryOf(signed.sender), nowMs)
    return { sender: signed.sender, bodyHash }
  }

  /**
   * As `identify`, for what only some accounts may ask: whoever says that it is another one is refused before any signature is looked at,
   * and leaves no nonce and no delegation behind. Throws `request/not-allowed` to them.
   */
  async identifyPermitted(
    request: RequestSource,
    mayAsk: (sender: Address) => Promise<boolean>,
    body: Uint8Array = noBody,
  ): Promise<IdentifiedRequest> {
    const bodyHash = bytesToHex(sha256Native(body))
    const { clock } = this.#options
    const session = this.#senderBySession(request, bodyHash, clock.nowMs())
    const sender = session ?? claimedSender(single(request.headers[nodeRequestHeader]))
    if (!(await mayAsk(sender))) throw refused('not-allowed', 'This account may not ask for this here')
    if (session === undefined) {
      const nowMs = clock.nowMs()
      this.#remember(this.#verifySigned(request, bodyHash, nowMs), this.#known, nowMs)
    }
    return { sender, bodyHash }
  }

  /**
   * Answers a handshake, which has to be a signed request. Throws `request/*`, `request/not-allowed` to whom the policy gives no
   * session, and `request/busy` to whom asks too often, by address before anything is checked. The session ends with the delegation of
   * either side.
   */
  agree(request: RequestSource, body: Uint8Array): Readonly<Record<string, unknown>> {
    const { chainId, recipient, clock, sessions: policy } = this.#options
    const nowMs = clock.nowMs()
    this.#handshakes.admitAddress(request.socket?.remoteAddress, nowMs)
    const signed = this.#verifySigned(request, bytesToHex(sha256Native(body)), nowMs)
    const { sender } = signed
    this.#remember(signed, this.#memoryOf(sender), nowMs)
    const proposal = parseProposal(body)
    if (policy?.mayOpen(sender) !== true) {
      throw refused('not-allowed', 'This account gets no session here; sign each request')
    }
    this.#handshakes.admitSender(sender)
    const { signer, delegation } = policy.credentials()
    const exchange = createExchangeKey()
    const terms: NodeSessionTerms = {
      chainId,
      sender,
      recipient,
      endpoint: proposal.endpoint,
      senderKey: proposal.senderKey,
      recipientKey: exchange.publicKey,
      sessionKey: signer.publicKey,
      sessionId: bytesToHex(policy.random(16)),
      expiresAtMs: Math.min(nowMs + nodeSessionLifetimeMs, signed.delegatedUntilMs, delegation.validUntil * 1000),
    }
    const mac = createSessionMac(deriveMacKey(exchange.privateKey, proposal.senderKey, terms))
    this.#sessions.add(terms.sessionId, { sender, mac, expiresAtMs: terms.expiresAtMs })
    const signature = signer.sign(Buffer.from(nodeSessionType.hash(terms).slice(2), 'hex'))
    return { session: nodeSessionType.toJson(terms), signature, delegation }
  }

  /** Forgets what has expired; called now and then by the owner. */
  sweep(): void {
    const nowMs = this.#options.clock.nowMs()
    this.#known.sweep(nowMs)
    this.#strangers.sweep(nowMs)
    this.#sessions.sweep(nowMs)
  }

  #senderBySession(request: RequestSource, bodyHash: Hex, nowMs: number): Address | undefined {
    const session = single(request.headers[nodeSessionHeader])
    if (session === undefined) return undefined
    const { method = '', url: path = '' } = request
    return this.#sessions.sender(session, { method, path, bodyHash }, nowMs)
  }

  /** Who signed a request; its nonce is not looked at. */
  #verifySigned(request: RequestSource, bodyHash: Hex, nowMs: number): SignedRequest {
    const { chainId, recipient } = this.#options
    let delegatedUntilMs = nowMs
    const { sender, nonce, expiresAtMs } = verifyNodeRequest(single(request.headers[nodeRequestHeader]), {
      chainId,
      recipient,
      method: request.method ?? '',
      path: request.url ?? '',
      bodyHash,
      nowMs,
      verifySession: verifySessionNative,
      useNonce: () => true,
      isDelegated: (delegation, atMs) => {
        delegatedUntilMs = delegation.validUntil * 1000
        return this.#delegations.holds(delegation, atMs)
      },
    })
    return { sender, nonce, untilMs: expiresAtMs, delegatedUntilMs }
  }

  #memoryOf(sender: Address): NonceMemory {
    return (this.#options.knows?.(sender) ?? true) ? this.#known : this.#strangers
  }

  /** An account may become known, and be forgotten, while its request can be sent again: both memories are asked. */
  #remember({ sender, nonce, untilMs }: SignedRequest, memory: NonceMemory, nowMs: number): void {
    const isElsewhere = [this.#known, this.#strangers].some((one) => one.has(sender, nonce, nowMs))
    const state = isElsewhere ? 'seen' : memory.use(sender, nonce, untilMs, nowMs)
    if (state === 'full') {
      throw new KoinonError({ code: 'request/busy', message: 'Too many requests in the last minute', retry: 'later' })
    }
    if (state === 'seen') throw refused('replayed', 'The request was seen before')
  }
}

/** HTTP status of a refusal `request/*` (specs/0004-node-requests.md); undefined for every other error. */
export function refusalStatus(error: unknown): number | undefined {
  if (!isKoinonError(error) || !error.code.startsWith('request/')) return undefined
  return statuses[error.code] ?? 401
}

const statuses: Readonly<Record<string, number>> = {
  'request/replayed': 409,
  'request/busy': 429,
  'request/not-allowed': 403,
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}

function refused(reason: string, message: string): KoinonError {
  return new KoinonError({ code: `request/${reason}`, message, retry: 'never' })
}
