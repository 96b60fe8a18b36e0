import { bytesToHex, sha256Hex } from '@koinon/base'
import { beforeEach, describe, expect, it } from 'vitest'
import { nodeRequestHeader } from '../node-request.ts'
import { chainId, party } from '../receipt.test-fixture.ts'
import type { Authorization, PeerSession } from './peer-session.ts'
import { RequestGate } from './request-gate.ts'
import {
  arriving,
  body,
  endpoint,
  gateway,
  miner,
  newGate,
  newPeer,
  request,
  TestClock,
  transportTo,
} from './session.test-fixture.ts'
import { nodeSessionHeader, parseSessionHeader } from './session-terms.ts'

const bodyHash = sha256Hex(body)
const code = (name: string) => expect.objectContaining({ code: `request/${name}` })

describe('sessions between nodes', () => {
  let clock: TestClock
  let gate: RequestGate
  let peer: PeerSession
  const authorize = (from: PeerSession = peer): Authorization => from.authorize({ ...request, bodyHash })

  beforeEach(async () => {
    clock = new TestClock()
    gate = newGate(clock)
    peer = newPeer({ clock, transport: transportTo(() => gate) })
    await peer.renew(clock.nowMs())
  })

  it('signs until there is a session, then proves each request once with a MAC', () => {
    const fresh = newPeer({ clock, transport: transportTo(() => gate) })
    expect(authorize(fresh)).toMatchObject({ name: nodeRequestHeader, sessionId: undefined })
    const [first, second] = [authorize(), authorize()]
    expect([first.name, second.name]).toEqual([nodeSessionHeader, nodeSessionHeader])
    expect(first.value.length).toBeLessThan(120)
    for (const authorization of [second, first]) {
      expect(gate.identify(arriving(authorization), body)).toEqual({ sender: gateway.delegation.signer, bodyHash })
    }
  })

  it('refuses a replay, also out of order', () => {
    const seen = [authorize(), authorize(), authorize()]
    for (const authorization of seen) gate.identify(arriving(authorization), body)
    for (const authorization of seen)
      expect(() => gate.identify(arriving(authorization), body)).toThrow(code('replayed'))
  })

  it.each([
    ['method', { method: 'PUT' }, body],
    ['path', { url: `${request.path}?x` }, body],
    ['body', {}, new TextEncoder().encode('{ }')],
  ] as const)('refuses another %s than the MAC is for, and burns no number by it', (_, change, sent) => {
    const authorization = authorize()
    expect(() => gate.identify(arriving(authorization, change), sent)).toThrow(code('forged'))
    expect(gate.identify(arriving(authorization), body).sender).toBe(gateway.delegation.signer)
  })

  it('refuses a MAC with any flipped bit, and another number or expiry under the same MAC', () => {
    const { value } = authorize()
    const { sessionId, number, expiresAtMs, mac } = parseSessionHeader(value)
    const forge = (parts: { mac?: string; number?: number; expiresAtMs?: number }) => {
      const all = { mac, number, expiresAtMs, ...parts }
      return `${sessionId.slice(2)}.${all.number}.${all.expiresAtMs}.${all.mac}`
    }
    const bytes = Buffer.from(mac, 'base64url')
    for (let bit = 0; bit < 256; bit += 5) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
      const header = forge({ mac: flipped.toString('base64url') })
      expect(() => gate.identify(arriving({ name: nodeSessionHeader, value: header }), body)).toThrow(code('forged'))
    }
    for (const parts of [{ number: number + 1 }, { expiresAtMs: expiresAtMs + 1 }]) {
      const header = forge(parts)
      expect(() => gate.identify(arriving({ name: nodeSessionHeader, value: header }), body)).toThrow(code('forged'))
    }
  })

  it('refuses a request after its expiry, and every request after the session', () => {
    const late = authorize()
    clock.atMs += 30_000
    expect(() => gate.identify(arriving(late), body)).toThrow(code('expired'))
    const last = authorize()
    expect(last.name).toBe(nodeSessionHeader)
    clock.atMs += 3_600_000
    expect(() => gate.identify(arriving(last), body)).toThrow(code('unknown-session'))
    expect(authorize().name).toBe(nodeRequestHeader)
  })

  it('ends a session with the delegation of either side', async () => {
    clock.atMs = gateway.delegation.validUntil * 1000 - 600_000
    const late = newPeer({ clock, transport: transportTo(() => gate) })
    await late.renew(clock.nowMs())
    const authorization = authorize(late)
    clock.atMs += 600_000
    expect(() => gate.identify(arriving(authorization), body)).toThrow(code('unknown-session'))
  })

  it('is of no use at another recipient', () => {
    const other = newGate(clock, party(5))
    expect(() => other.identify(arriving(authorize()), body)).toThrow(code('unknown-session'))
  })

  it("gives nobody another account's session", async () => {
    const thief = newPeer({ clock, transport: transportTo(() => gate), sender: party(7) })
    await thief.renew(clock.nowMs())
    const [own, stolen] = [parseSessionHeader(authorize(thief).value), parseSessionHeader(authorize().value)]
    const value = `${stolen.sessionId.slice(2)}.${own.number + 50}.${own.expiresAtMs}.${own.mac}`
    expect(() => gate.identify(arriving({ name: nodeSessionHeader, value }), body)).toThrow(code('forged'))
    expect(gate.identify(arriving(authorize(thief)), body).sender).toBe(party(7).delegation.signer)
  })

  it('agrees again after the recipient was started anew, and signs meanwhile', async () => {
    const lost = authorize()
    gate = newGate(clock)
    expect(() => gate.identify(arriving(lost), body)).toThrow(code('unknown-session'))
    clock.atMs += 5_000
    peer.forget(lost.sessionId as `0x${string}`)
    const signed = authorize()
    expect(signed.name).toBe(nodeRequestHeader)
    expect(gate.identify(arriving(signed), body).sender).toBe(gateway.delegation.signer)
    await peer.renew(clock.nowMs())
    const again = authorize()
    expect(again.name).toBe(nodeSessionHeader)
    expect(again.sessionId).not.toBe(lost.sessionId)
    expect(gate.identify(arriving(again), body).sender).toBe(gateway.delegation.signer)
  })

  it.each(['', 'x', `${'0'.repeat(32)}.0.1.${'A'.repeat(43)}`, `${'0'.repeat(32)}.1.1.${'A'.repeat(42)}`])(
    'refuses the header %j',
    (value) => {
      expect(() => gate.identify(arriving({ name: nodeSessionHeader, value }), body)).toThrow(code('malformed'))
    },
  )

  it('keeps a few sessions a sender and makes room for the newest', async () => {
    const peers = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const next = newPeer({ clock, transport: transportTo(() => gate) })
        await next.renew(clock.nowMs())
        return next
      }),
    )
    expect(() => gate.identify(arriving(authorize()), body)).toThrow(code('unknown-session'))
    const newest = peers.at(-1) as PeerSession
    expect(gate.identify(arriving(authorize(newest)), body).sender).toBe(gateway.delegation.signer)
  })
})

describe('the handshake', () => {
  const clock = new TestClock()

  it('is refused to those who may have no session, who then sign every request', async () => {
    const gate = newGate(clock, miner, () => false)
    const peer = newPeer({ clock, transport: transportTo(() => gate) })
    await peer.renew(clock.nowMs())
    expect(peer.authorize({ ...request, bodyHash }).name).toBe(nodeRequestHeader)
    const without = new RequestGate({ chainId, recipient: miner.delegation.signer, clock })
    const other = newPeer({ clock, transport: transportTo(() => without) })
    await other.renew(clock.nowMs())
    expect(other.authorize({ ...request, bodyHash }).name).toBe(nodeRequestHeader)
  })

  it('is refused when replayed or sent to another node', async () => {
    const gate = newGate(clock)
    const sent: { url: string; headers: Readonly<Record<string, string>>; body: Uint8Array }[] = []
    const peer = newPeer({
      clock,
      transport: (call) => {
        sent.push({ url: call.path, headers: call.headers, body: new TextEncoder().encode(call.body) })
        return transportTo(() => gate)(call)
      },
    })
    await peer.renew(clock.nowMs())
    const { url, headers, body: bytes } = sent[0] as (typeof sent)[0]
    expect(() => gate.agree({ method: 'POST', url, headers }, bytes)).toThrow(code('replayed'))
    expect(() => newGate(clock, party(5)).agree({ method: 'POST', url, headers }, bytes)).toThrow(code('misdirected'))
    expect(() => gate.agree({ method: 'POST', url, headers: {} }, bytes)).toThrow(code('unsigned'))
  })

  type Terms = { session: Record<string, unknown>; signature: string; delegation: unknown }
  it.each<[string, (terms: Terms) => unknown]>([
    ['another signer', (terms) => ({ ...terms, delegation: party(5).delegation })],
    ['a flipped signature', (terms) => ({ ...terms, signature: `0x${'11'.repeat(64)}` })],
    [
      'a key of its own in the middle',
      (terms) => ({ ...terms, session: { ...terms.session, recipientKey: bodyHash } }),
    ],
    ['another endpoint', (terms) => ({ ...terms, session: { ...terms.session, endpoint: 'http://evil' } })],
    ['another sender', (terms) => ({ ...terms, session: { ...terms.session, sender: party(5).delegation.signer } })],
    ['another chain', (terms) => ({ ...terms, session: { ...terms.session, chainId: 1 } })],
    ['a longer life', (terms) => ({ ...terms, session: { ...terms.session, expiresAtMs: 2 ** 50 } })],
    ['nonsense', () => ({ session: [] })],
  ])('takes no terms with %s', async (_, change) => {
    const gate = newGate(clock)
    const peer = newPeer({
      clock,
      transport: transportTo(
        () => gate,
        (json) => change(json as Terms),
      ),
    })
    await peer.renew(clock.nowMs())
    expect(peer.authorize({ ...request, bodyHash }).name).toBe(nodeRequestHeader)
  })

  const handshake = (peer: PeerSession) => {
    const bytes = new TextEncoder().encode(JSON.stringify({ v: 1, endpoint, senderKey: `0x${'09'.repeat(32)}` }))
    const { name, value } = peer.sign({ method: 'POST', path: '/v1/sessions', bodyHash: sha256Hex(bytes) })
    return { source: { method: 'POST', url: '/v1/sessions', headers: { [name]: value } }, bytes }
  }
  const outcomes = (times: number, attempt: (turn: number) => unknown): string[] =>
    Array.from({ length: times }, (_, turn) => {
      try {
        attempt(turn)
        return 'agreed'
      } catch (error) {
        return (error as { code: string }).code
      }
    })

  it('is refused to an address that floods, before its signature is looked at, and to nobody else', () => {
    const gate = newGate(clock)
    const peer = newPeer({ clock, transport: transportTo(() => gate) })
    const forged = { method: 'POST', url: '/v1/sessions', headers: { [nodeRequestHeader]: 'e30' } }
    const flood = outcomes(100, () => gate.agree({ ...forged, socket: { remoteAddress: '192.0.2.9' } }, body))
    expect(flood.filter((outcome) => outcome === 'request/malformed')).toHaveLength(60)
    expect(flood.slice(60).every((outcome) => outcome === 'request/busy')).toBe(true)
    const { source, bytes } = handshake(peer)
    expect(() => gate.agree({ ...source, socket: { remoteAddress: '192.0.2.9' } }, bytes)).toThrow(code('busy'))
    expect(gate.agree({ ...source, socket: { remoteAddress: '192.0.2.1' } }, bytes)).toHaveProperty('session')
  })

  it('is refused to an account that floods from many addresses, whose requests are still taken when signed', () => {
    const gate = newGate(clock)
    const peer = newPeer({ clock, transport: transportTo(() => gate) })
    const flood = outcomes(40, (turn) => {
      const { source, bytes } = handshake(peer)
      return gate.agree({ ...source, socket: { remoteAddress: `192.0.2.${turn}` } }, bytes)
    })
    expect(flood).toEqual([...Array(12).fill('agreed'), ...Array(28).fill('request/busy')])
    const signed = peer.sign({ ...request, bodyHash })
    expect(gate.identify(arriving(signed), body).sender).toBe(gateway.delegation.signer)
    const other = newPeer({ clock, transport: transportTo(() => gate), sender: party(7) })
    const { source, bytes } = handshake(other)
    expect(gate.agree({ ...source, socket: { remoteAddress: '192.0.2.1' } }, bytes)).toHaveProperty('session')
  })

  it('takes no key of small order', async () => {
    const gate = newGate(clock)
    const peer = newPeer({ clock, transport: transportTo(() => gate) })
    const text = JSON.stringify({ v: 1, endpoint: 'http://x', senderKey: bytesToHex(new Uint8Array(32)) })
    const bytes = new TextEncoder().encode(text)
    const { name, value } = peer.sign({ method: 'POST', path: '/v1/sessions', bodyHash: sha256Hex(bytes) })
    const source = { method: 'POST', url: '/v1/sessions', headers: { [name]: value } }
    expect(() => gate.agree(source, bytes)).toThrow(code('malformed'))
  })
})
