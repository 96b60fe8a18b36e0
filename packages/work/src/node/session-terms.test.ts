import { readFileSync } from 'node:fs'
import { bytesToHex, hexToBytes } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import {
  createExchangeKey,
  createSessionMac,
  deriveMacKey,
  formatSessionHeader,
  nodeSessionType,
  parseProposal,
  parseSessionHeader,
} from './session-terms.ts'

const file = new URL('../../../../specs/vectors/node-session.json', import.meta.url)
const vector = JSON.parse(readFileSync(file, 'utf8'))
const [ours, theirs] = [vector.senderSeed, vector.recipientSeed].map((seed) => createExchangeKey(hexToBytes(seed)))

describe('session terms', () => {
  it('give both sides the key, MAC and header of the vectors', () => {
    const terms = nodeSessionType.fromJson(vector.terms)
    expect(nodeSessionType.hash(terms)).toBe(vector.termsHash)
    const key = deriveMacKey(ours!.privateKey, terms.recipientKey, terms)
    expect(bytesToHex(key)).toBe(vector.key)
    expect(deriveMacKey(theirs!.privateKey, terms.senderKey, terms)).toEqual(key)
    const mac = createSessionMac(key)(vector.request)
    expect(mac).toBe(vector.mac)
    const { number, expiresAtMs } = vector.request
    const header = formatSessionHeader(terms.sessionId, number, expiresAtMs, mac)
    expect(header).toBe(vector.header)
    expect(parseSessionHeader(header)).toEqual({ sessionId: terms.sessionId, number, expiresAtMs, mac })
  })

  it.each(['chainId', 'sender', 'recipient', 'endpoint', 'sessionId', 'expiresAtMs', 'sessionKey'] as const)(
    'give another key for another %s',
    (field) => {
      const terms = nodeSessionType.fromJson(vector.terms)
      const value = terms[field]
      const changed = typeof value === 'number' ? value + 1 : value.replace(/.$/, (last) => (last === '1' ? '2' : '1'))
      const key = deriveMacKey(ours!.privateKey, terms.recipientKey, { ...terms, [field]: changed })
      expect(bytesToHex(key)).not.toBe(vector.key)
    },
  )

  it.each([
    '{}',
    '{"v":2,"endpoint":"http://x","senderKey":"0x"}',
    `{"v":1,"endpoint":7,"senderKey":"0x${'1'.repeat(64)}"}`,
    `{"v":1,"endpoint":"${'x'.repeat(513)}","senderKey":"0x${'1'.repeat(64)}"}`,
    `{"v":1,"endpoint":"http://x","senderKey":"0x${'A'.repeat(64)}"}`,
  ])('refuse the proposal %j', (text) => {
    expect(() => parseProposal(new TextEncoder().encode(text))).toThrow(
      expect.objectContaining({ code: 'request/malformed' }),
    )
  })

  it.each(['', '[]', 'null', '{"v":1'])('refuse %j, which is no JSON object, as every server does', (text) => {
    expect(() => parseProposal(new TextEncoder().encode(text))).toThrow(
      expect.objectContaining({ code: 'http/not-json' }),
    )
  })
})
