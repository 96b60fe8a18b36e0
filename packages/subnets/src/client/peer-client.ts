/** Signed GET requests to miners and validators (specs/0004-node-requests.md), with deadlines and size limits. */
import {
  type Address,
  bytesToHex,
  type Clock,
  KoinonError,
  type Random,
  type SessionSigner,
  sha256Hex,
} from '@koinon/base'
import { nodeRequestHeader, type SignedDelegation, signNodeRequest } from '@koinon/work'

/** Whom to ask: the ledger names both. */
export type Peer = { readonly hotkey: Address; readonly endpoint: string }

export type NodeSession = { readonly signer: SessionSigner; readonly delegation: SignedDelegation }

export type PeerClientOptions = {
  /** The session in force now; sessions are replaced before they expire. */
  readonly session: () => NodeSession
  readonly clock: Clock
  readonly random: Random
  readonly timeoutMs: number
}

export type PeerRequest = { readonly path: string; readonly maximumBytes: number; readonly signal?: AbortSignal }

/** JSON of a peer's answer. */
export type PeerClient = {
  /** Undefined on 404. Throws `subnets/peer-unreachable`, `subnets/peer-refused` or `subnets/peer-answer`. */
  getJson(peer: Peer, request: PeerRequest): Promise<unknown>
}

const emptyBodyHash = sha256Hex(new Uint8Array())
const requestLifetimeMs = 30_000

export function createPeerClient(options: PeerClientOptions): PeerClient {
  return {
    async getJson(peer, request) {
      const url = peerUrl(peer, request.path)
      const header = signNodeRequest(
        {
          recipient: peer.hotkey,
          method: 'GET',
          path: `${url.pathname}${url.search}`,
          bodyHash: emptyBodyHash,
          nonce: bytesToHex(options.random(16)),
          expiresAtMs: options.clock.nowMs() + requestLifetimeMs,
        },
        options.session(),
      )
      const deadline = AbortSignal.timeout(options.timeoutMs)
      const signal = request.signal === undefined ? deadline : AbortSignal.any([deadline, request.signal])
      const response = await fetch(url, { headers: { [nodeRequestHeader]: header }, redirect: 'error', signal }).catch(
        (cause: Error) => {
          throw peerError('unreachable', peer, causeOf(cause), cause)
        },
      )
      if (response.status === 404) {
        await response.body?.cancel()
        return undefined
      }
      if (!response.ok) {
        await response.body?.cancel()
        throw peerError('refused', peer, `status ${response.status} for ${request.path}`)
      }
      return parse(peer, await readBody(peer, response, request.maximumBytes))
    },
  }
}

/** An endpoint is whatever a stranger registered: only plain http(s) origins, optionally with a path prefix. */
function peerUrl(peer: Peer, path: string): URL {
  try {
    const base = new URL(peer.endpoint)
    if (!/^https?:$/.test(base.protocol) || base.username !== '' || base.password !== '') throw new Error('scheme')
    return new URL(`${base.origin}${base.pathname.replace(/\/$/, '')}${path}`)
  } catch (cause) {
    throw peerError('unreachable', peer, 'its registered endpoint is not an http(s) address', cause)
  }
}

async function readBody(peer: Peer, response: Response, maximumBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for await (const part of response.body ?? []) {
      size += part.length
      if (size > maximumBytes) throw peerError('answer', peer, `more than ${maximumBytes} bytes`)
      parts.push(part)
    }
  } catch (cause) {
    if (cause instanceof KoinonError) throw cause
    throw peerError('unreachable', peer, causeOf(cause), cause)
  }
  return Buffer.concat(parts)
}

function parse(peer: Peer, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw peerError('answer', peer, 'its answer is not JSON', cause)
  }
}

function causeOf(error: unknown): string {
  const inner = (error as { cause?: { message?: string; code?: string } }).cause
  return inner?.code ?? inner?.message ?? (error as Error).message
}

function peerError(
  reason: 'unreachable' | 'refused' | 'answer',
  peer: Peer,
  problem: string,
  cause?: unknown,
): KoinonError {
  return new KoinonError({
    code: `subnets/peer-${reason}`,
    message: `${peer.hotkey} could not be asked: ${problem}`,
    retry: reason === 'answer' ? 'never' : 'later',
    cause,
  })
}
