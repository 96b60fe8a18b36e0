/** Signed GET requests to miners and validators (specs/0004-node-requests.md), with deadlines and size limits. */
import { type Address, type Clock, isKoinonError, KoinonError, type Random } from '@koinon/base'
import { callNode, type NodeCredentials, type NodeTransport } from '@koinon/work/node'

/** Whom to ask: the ledger names both. */
export type Peer = { readonly hotkey: Address; readonly endpoint: string }

export type PeerClientOptions = {
  /** The signing session in force now; it is replaced before it expires. */
  readonly session: () => NodeCredentials
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

export function createPeerClient(options: PeerClientOptions): PeerClient {
  return {
    async getJson(peer, request) {
      const url = peerUrl(peer, request.path)
      try {
        return await callNode(options, {
          transport: overFetch(url.origin),
          recipient: peer.hotkey,
          method: 'GET',
          path: `${url.pathname}${url.search}`,
          timeoutMs: options.timeoutMs,
          maximumBytes: request.maximumBytes,
          ...(request.signal === undefined ? {} : { signal: request.signal }),
        })
      } catch (error) {
        if (isKoinonError(error) && error.details?.['status'] === 404) return undefined
        throw peerErrorOf(peer, request, error)
      }
    },
  }
}

function overFetch(origin: string): NodeTransport {
  return async ({ method, path, headers, signal }) => {
    const answer = await fetch(`${origin}${path}`, { method, headers, redirect: 'error', signal })
    return { status: answer.status, body: answer.body ?? nothing() }
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function peerErrorOf(peer: Peer, request: PeerRequest, error: unknown): KoinonError {
  const { code, message, details } = error as KoinonError
  if (code === 'node/refused') return peerError('refused', peer, `status ${details?.['status']} for ${request.path}`)
  if (code === 'node/too-large' || code === 'node/not-json') return peerError('answer', peer, message)
  return peerError('unreachable', peer, message, error)
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
