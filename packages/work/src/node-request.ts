/** Signed requests between nodes (specs/0004-node-requests.md): who asks whom for what, once, within a minute. */
import {
  base64UrlToBytes,
  bytesToBase64Url,
  defineStruct,
  type Hex,
  hexToBytes,
  isKoinonError,
  KoinonError,
  type SessionSigner,
  type StructValue,
  utf8ToBytes,
  type VerifySession,
} from '@koinon/base'
import { parseDelegation, type SignedDelegation, verifyDelegation } from './session-delegation.ts'

/** `path` holds the query too. `bodyHash` is the SHA-256 of the body bytes. */
export const nodeRequestType = defineStruct('KoinonNodeRequest', {
  chainId: 'uint53',
  sender: 'address',
  recipient: 'address',
  sessionKey: 'bytes32',
  method: 'string',
  path: 'string',
  bodyHash: 'bytes32',
  nonce: 'bytes16',
  expiresAtMs: 'uint53',
})

export type NodeRequest = StructValue<typeof nodeRequestType.fields>

/** Header that carries a signed request, base64url of JSON. */
export const nodeRequestHeader = 'x-koinon-request'

/** A request may be at most this far from its expiry, so a recipient remembers nonces this long. */
export const nodeRequestLifetimeMs = 60_000

export function signNodeRequest(
  request: Omit<NodeRequest, 'sender' | 'chainId' | 'sessionKey'>,
  session: { readonly signer: SessionSigner; readonly delegation: SignedDelegation },
): string {
  const { delegation, signer } = session
  const full: NodeRequest = {
    ...request,
    chainId: delegation.chainId,
    sender: delegation.signer,
    sessionKey: signer.publicKey,
  }
  const signature = signer.sign(hexToBytes(nodeRequestType.hash(full)))
  const json = { request: nodeRequestType.toJson(full), signature, delegation }
  return bytesToBase64Url(utf8ToBytes(JSON.stringify(json)))
}

export type NodeRequestExpectation = {
  readonly chainId: number
  readonly recipient: Hex
  readonly method: string
  readonly path: string
  readonly bodyHash: Hex
  readonly nowMs: number
  readonly verifySession: VerifySession
  /** Remembers the nonce until `untilMs`; false when it was seen before. */
  readonly useNonce: (sender: Hex, nonce: Hex, untilMs: number) => boolean
  /** May answer from memory; defaults to checking the signature. */
  readonly isDelegated?: (delegation: SignedDelegation, atMs: number) => boolean
}

/** Checks a header and returns the request it proves. Throws `request/unsigned|malformed|misdirected|expired|forged|replayed`. */
export function verifyNodeRequest(header: string | undefined, expected: NodeRequestExpectation): NodeRequest {
  if (header === undefined || header === '') throw refused('unsigned', 'The request is not signed')
  const { request, signature, delegation } = parseHeader(header)
  if (
    request.recipient !== expected.recipient ||
    request.chainId !== expected.chainId ||
    request.method !== expected.method ||
    request.path !== expected.path ||
    request.bodyHash !== expected.bodyHash
  ) {
    throw refused('misdirected', 'The signature is for another recipient, network, path or body')
  }
  if (request.expiresAtMs <= expected.nowMs || request.expiresAtMs > expected.nowMs + nodeRequestLifetimeMs) {
    throw refused(
      'expired',
      'The request has expired or its expiry lies too far ahead; compare the clocks of both machines',
    )
  }
  const isDelegated = expected.isDelegated ?? verifyDelegation
  if (
    delegation.sessionKey !== request.sessionKey ||
    delegation.signer !== request.sender ||
    delegation.chainId !== request.chainId ||
    !expected.verifySession(request.sessionKey, hexToBytes(nodeRequestType.hash(request)), signature) ||
    !isDelegated(delegation, expected.nowMs)
  ) {
    throw refused('forged', 'The signature or its delegation does not hold')
  }
  // Last, so that a forger cannot burn somebody else's nonces.
  if (!expected.useNonce(request.sender, request.nonce, request.expiresAtMs)) {
    throw refused('replayed', 'The request was seen before')
  }
  return request
}

/** Who a header says that it is from; nothing of it is proved. Throws `request/unsigned` and `request/malformed`. */
export function claimedSender(header: string | undefined): Hex {
  if (header === undefined || header === '') throw refused('unsigned', 'The request is not signed')
  return parseHeader(header).request.sender
}

function parseHeader(header: string): { request: NodeRequest; signature: Hex; delegation: SignedDelegation } {
  try {
    if (header.length > 8192) throw new Error('too long')
    const json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(base64UrlToBytes(header))) as Record<
      string,
      unknown
    >
    const signature = String(json['signature'])
    if (!/^0x[0-9a-f]{128}$/.test(signature)) throw new Error('signature')
    return {
      request: nodeRequestType.fromJson(json['request']),
      signature: signature as Hex,
      delegation: parseDelegation(json['delegation']),
    }
  } catch (cause) {
    throw refused(
      'malformed',
      `The ${nodeRequestHeader} header is malformed${isKoinonError(cause) ? `: ${cause.message}` : ''}`,
    )
  }
}

function refused(reason: string, message: string): KoinonError {
  return new KoinonError({ code: `request/${reason}`, message, retry: reason === 'expired' ? 'now' : 'never' })
}
