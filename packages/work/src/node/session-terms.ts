/** Sessions between two nodes (specs/0004-node-requests.md section 2): one signed handshake, then a MAC a request. */
import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto'
import { bytesToHex, defineStruct, type Hex, hexToBytes, KoinonError, type StructValue } from '@koinon/base'
import { parseJsonObject } from '@koinon/base/node'
import { parseDelegation, type SignedDelegation } from '../session-delegation.ts'
import { createMac } from './mac.ts'

/**
 * What both sides agree on; the recipient's session key signs its hash. `senderKey` and `recipientKey` are X25519 keys made for this
 * session alone, `endpoint` the origin at which the sender reaches the recipient, `sessionKey` the ed25519 key that signs.
 */
export const nodeSessionType = defineStruct('KoinonNodeSession', {
  chainId: 'uint53',
  sender: 'address',
  recipient: 'address',
  endpoint: 'string',
  senderKey: 'bytes32',
  recipientKey: 'bytes32',
  sessionKey: 'bytes32',
  sessionId: 'bytes16',
  expiresAtMs: 'uint53',
})

export type NodeSessionTerms = StructValue<typeof nodeSessionType.fields>

/** Where a recipient agrees on sessions: `POST`, itself a signed request. */
export const nodeSessionPath = '/v1/sessions'

/** Header of a request under a session. */
export const nodeSessionHeader = 'x-koinon-session'

/** Longest life of a session. */
export const nodeSessionLifetimeMs = 3_600_000

const keyInfo = 'koinon node session v1'
const spkiPrefix = Buffer.from('302a300506032b656e032100', 'hex')
const pkcs8Prefix = Buffer.from('302e020100300506032b656e04220420', 'hex')
const maximumEndpointLength = 512

export type ExchangeKey = { readonly publicKey: Hex; readonly privateKey: KeyObject }

/** A fresh X25519 key, or the one of a 32-byte seed (test vectors). */
export function createExchangeKey(seed?: Uint8Array): ExchangeKey {
  const privateKey =
    seed === undefined
      ? generateKeyPairSync('x25519').privateKey
      : createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return { publicKey: bytesToHex(spki.subarray(spkiPrefix.length)), privateKey }
}

/**
 * HKDF-SHA256(X25519(ours, theirs), salt = hash of the terms, info "koinon node session v1"), 32 bytes: another account, chain,
 * endpoint or expiry gives another key. Throws `request/malformed` on a key of small order.
 */
export function deriveMacKey(ours: KeyObject, theirs: Hex, terms: NodeSessionTerms): Uint8Array {
  try {
    const publicKey = createPublicKey({
      key: Buffer.concat([spkiPrefix, hexToBytes(theirs)]),
      format: 'der',
      type: 'spki',
    })
    const shared = diffieHellman({ privateKey: ours, publicKey })
    return new Uint8Array(hkdfSync('sha256', shared, hexToBytes(nodeSessionType.hash(terms)), keyInfo, 32))
  } catch (cause) {
    throw malformed('its exchange key is not usable', cause)
  }
}

export type SessionProposal = { readonly endpoint: string; readonly senderKey: Hex }

/** Reads the body of a handshake. Throws `http/not-json` and `request/malformed`. */
export function parseProposal(body: Uint8Array): SessionProposal {
  const json = parseJsonObject(body)
  const { endpoint, senderKey } = json
  if (json['v'] !== 1) throw malformed('its version is not 1')
  if (typeof endpoint !== 'string' || endpoint.length > maximumEndpointLength || !endpoint.isWellFormed()) {
    throw malformed('its endpoint is not a short text')
  }
  if (typeof senderKey !== 'string' || !/^0x[0-9a-f]{64}$/.test(senderKey)) throw malformed('its key is not 32 bytes')
  return { endpoint, senderKey: senderKey as Hex }
}

export type SignedSessionTerms = {
  readonly session: NodeSessionTerms
  readonly signature: Hex
  readonly delegation: SignedDelegation
}

/** Reads a recipient's answer to a handshake. Throws `base/bad-field`, `work/bad-delegation` or `request/malformed`. */
export function parseSessionTerms(json: unknown): SignedSessionTerms {
  const value = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>
  const signature = String(value['signature'])
  if (!/^0x[0-9a-f]{128}$/.test(signature)) throw malformed('its signature is not 64 bytes')
  return {
    session: nodeSessionType.fromJson(value['session']),
    signature: signature as Hex,
    delegation: parseDelegation(value['delegation']),
  }
}

export type SessionRequest = {
  readonly method: string
  readonly path: string
  readonly bodyHash: Hex
  readonly number: number
  readonly expiresAtMs: number
}

export type SessionMac = (request: SessionRequest) => string

/** The MAC of requests under a key. */
export function createSessionMac(key: Uint8Array): SessionMac {
  const mac = createMac(key)
  return ({ method, path, bodyHash, number, expiresAtMs }) =>
    mac(`${method}\n${path}\n${bodyHash}\n${number}\n${expiresAtMs}`)
}

/** `<id>.<number>.<expiry>.<mac>`: hex without 0x, two decimals, base64url. */
export function formatSessionHeader(sessionId: Hex, number: number, expiresAtMs: number, mac: string): string {
  return `${sessionId.slice(2)}.${number}.${expiresAtMs}.${mac}`
}

export type SessionHeader = {
  readonly sessionId: Hex
  readonly number: number
  readonly expiresAtMs: number
  readonly mac: string
}

const headerShape = /^([0-9a-f]{32})\.([1-9][0-9]{0,14})\.([1-9][0-9]{0,14})\.([A-Za-z0-9_-]{43})$/

/** Reads the header. Throws `request/malformed`. */
export function parseSessionHeader(header: string): SessionHeader {
  const match = headerShape.exec(header)
  if (match === null) throw malformed(`the ${nodeSessionHeader} header is not id, number, expiry and MAC`)
  const [, id, number, expiry, mac] = match
  return { sessionId: `0x${id}`, number: Number(number), expiresAtMs: Number(expiry), mac: mac as string }
}

function malformed(problem: string, cause?: unknown): KoinonError {
  return new KoinonError({
    code: 'request/malformed',
    message: `The request is malformed: ${problem}`,
    retry: 'never',
    cause,
  })
}
