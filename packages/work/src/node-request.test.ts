import { bytesToBase64Url, sha256Hex, utf8ToBytes, verifySession } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import {
  type NodeRequestExpectation,
  nodeRequestLifetimeMs,
  signNodeRequest,
  verifyNodeRequest,
} from './node-request.ts'
import { chainId, nowMs, party } from './receipt.test-fixture.ts'

const sender = party(1)
const recipient = party(2).delegation.signer
const request = {
  recipient,
  method: 'POST',
  path: '/v1/chat/completions',
  bodyHash: sha256Hex('{}'),
  nonce: `0x${'01'.repeat(16)}`,
  expiresAtMs: nowMs + 30_000,
} as const

describe('verifyNodeRequest', () => {
  it('tells who asks', () => {
    expect(verifyNodeRequest(signNodeRequest(request, sender), expectation()).sender).toBe(sender.delegation.signer)
  })

  it.each([
    ['unsigned', undefined, {}],
    ['unsigned', '', {}],
    ['malformed', 'äö', {}],
    ['malformed', bytesToBase64Url(utf8ToBytes('{}')), {}],
    ['malformed', 'A'.repeat(9000), {}],
    ['misdirected', signNodeRequest(request, sender), { recipient: sender.delegation.signer }],
    ['misdirected', signNodeRequest(request, sender), { method: 'GET' }],
    ['misdirected', signNodeRequest(request, sender), { path: '/v1/chat/completions?x' }],
    ['misdirected', signNodeRequest(request, sender), { bodyHash: sha256Hex('{ }') }],
    ['misdirected', signNodeRequest(request, sender), { chainId: 1 }],
    ['expired', signNodeRequest(request, sender), { nowMs: request.expiresAtMs }],
    ['expired', signNodeRequest({ ...request, expiresAtMs: nowMs + nodeRequestLifetimeMs + 1 }, sender), {}],
  ] as const)('refuses what is %s', (reason, header, change) => {
    expect(() => verifyNodeRequest(header, expectation(change))).toThrow(
      expect.objectContaining({ code: `request/${reason}` }),
    )
  })

  it("refuses another's session key under a stolen delegation", () => {
    const thief = { signer: party(3).signer, delegation: sender.delegation }
    expect(() => verifyNodeRequest(signNodeRequest(request, thief), expectation())).toThrow(
      expect.objectContaining({ code: 'request/forged' }),
    )
  })

  it('refuses a replay, and lets a forger burn nobody else’s nonce', () => {
    const seen = new Set<string>()
    const useNonce: NodeRequestExpectation['useNonce'] = (from, nonce) =>
      !seen.has(from + nonce) && Boolean(seen.add(from + nonce))
    const forged = signNodeRequest(request, { signer: party(3).signer, delegation: sender.delegation })
    expect(() => verifyNodeRequest(forged, expectation({ useNonce }))).toThrow(/signature/)
    verifyNodeRequest(signNodeRequest(request, sender), expectation({ useNonce }))
    expect(() => verifyNodeRequest(signNodeRequest(request, sender), expectation({ useNonce }))).toThrow(
      expect.objectContaining({ code: 'request/replayed' }),
    )
  })
})

function expectation(change: Partial<NodeRequestExpectation> = {}): NodeRequestExpectation {
  return {
    chainId,
    recipient,
    method: request.method,
    path: request.path,
    bodyHash: request.bodyHash,
    nowMs,
    verifySession,
    useNonce: () => true,
    ...change,
  }
}
