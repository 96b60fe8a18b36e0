import { sha256Hex } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { nodeRequestHeader, signNodeRequest } from '../node-request.ts'
import { chainId, type Party, party } from '../receipt.test-fixture.ts'
import { RequestGate, type RequestSource } from './request-gate.ts'
import { TestClock } from './session.test-fixture.ts'

const [miner, known] = [party(2), party(1)]
const strangers = [3, 4, 5].map(party)
const code = (name: string) => expect.objectContaining({ code: `request/${name}` })
const clock = new TestClock()
let drawn = 0

function ask(sender: Party): RequestSource {
  drawn += 1
  const header = signNodeRequest(
    {
      recipient: miner.delegation.signer,
      method: 'GET',
      path: '/v1/work/1/2',
      bodyHash: sha256Hex(''),
      nonce: `0x${drawn.toString(16).padStart(32, '0')}`,
      expiresAtMs: clock.nowMs() + 30_000,
    },
    sender,
  )
  return { method: 'GET', url: '/v1/work/1/2', headers: { [nodeRequestHeader]: header } }
}

/** A gate that remembers two nonces of strangers, one of each, and two of those it knows. */
function gateKnowing(knows: (sender: string) => boolean): RequestGate {
  return new RequestGate({
    chainId,
    recipient: miner.delegation.signer,
    clock,
    knows,
    nonces: { known: { maximum: 2, maximumPerSender: 2 }, strangers: { maximum: 2, maximumPerSender: 1 } },
  })
}

describe('RequestGate', () => {
  it('keeps room for the nonces of accounts that it knows', () => {
    const gate = gateKnowing((sender) => sender === known.delegation.signer)
    const [first, second, third] = strangers as [Party, Party, Party]
    gate.identify(ask(first))
    expect(() => gate.identify(ask(first))).toThrow(code('busy'))
    gate.identify(ask(second))
    expect(() => gate.identify(ask(third))).toThrow(code('busy'))
    const request = ask(known)
    expect(gate.identify(request).sender).toBe(known.delegation.signer)
    expect(() => gate.identify(request)).toThrow(code('replayed'))
  })

  it('takes no request twice, though its sender becomes known or is forgotten in between', () => {
    let isKnown = false
    const gate = gateKnowing(() => isKnown)
    const early = ask(known)
    gate.identify(early)
    isKnown = true
    expect(() => gate.identify(early)).toThrow(code('replayed'))
    const late = ask(known)
    gate.identify(late)
    isKnown = false
    expect(() => gate.identify(late)).toThrow(code('replayed'))
  })

  it('remembers no nonce of whom it refuses', async () => {
    const gate = gateKnowing(() => false)
    const mayAsk = async (sender: string) => sender === known.delegation.signer
    const requests = strangers.map(ask)
    for (const request of [...requests, ...requests])
      await expect(gate.identifyPermitted(request, mayAsk)).rejects.toThrow(code('not-allowed'))
    for (const request of [ask(known), ask(known)]) {
      expect((await gate.identifyPermitted(request, mayAsk)).sender).toBe(known.delegation.signer)
      await expect(gate.identifyPermitted(request, mayAsk)).rejects.toThrow(code('replayed'))
    }
    const { headers, ...elsewhere } = ask(known)
    await expect(gate.identifyPermitted({ ...elsewhere, url: '/', headers }, mayAsk)).rejects.toThrow(
      code('misdirected'),
    )
  })

  it('looks at no signature of whom it refuses, and is not taken in by who says that it is another', async () => {
    const gate = gateKnowing(() => false)
    const mayAsk = async (sender: string) => sender === known.delegation.signer
    const broken = (request: ReturnType<typeof ask>, change: (json: Record<string, unknown>) => void) => {
      const text = Buffer.from(String(request.headers[nodeRequestHeader]), 'base64url').toString()
      const json = JSON.parse(text) as Record<string, unknown>
      change(json)
      return { ...request, headers: { [nodeRequestHeader]: Buffer.from(JSON.stringify(json)).toString('base64url') } }
    }
    const unproved = broken(ask(strangers[0] as typeof known), (json) => {
      json['signature'] = `0x${'00'.repeat(64)}`
    })
    await expect(gate.identifyPermitted(unproved, mayAsk)).rejects.toThrow(code('not-allowed'))
    const posing = broken(ask(strangers[0] as typeof known), ({ request }) => {
      ;(request as Record<string, unknown>)['sender'] = known.delegation.signer
    })
    await expect(gate.identifyPermitted(posing, mayAsk)).rejects.toThrow(code('forged'))
    await expect(gate.identifyPermitted({ ...posing, headers: {} }, mayAsk)).rejects.toThrow(code('unsigned'))
  })

  it('takes a request once, though two of it are looked at together', async () => {
    const gate = gateKnowing(() => false)
    const request = ask(known)
    const outcomes = await Promise.allSettled([1, 2].map(() => gate.identifyPermitted(request, async () => true)))
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })
})
